//! A bootstrap with a bug, for tests of the service: its handler panics if the event starts with
//! `{"panic"`.

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
