//! A bootstrap whose handler has a bug: it panics at events that start with `{"panic"`. For tests of the service.

use exitwise_lambda::{Handler, serve};

fn main() -> Result<(), lambda_runtime::Error> {
    exitwise_lambda::init_logs();
    let handler = Handler::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(move |payload| {
        assert!(!payload.starts_with(b"{\"panic\""), "hunter2");
        handler.answer(payload)
    }))
}
