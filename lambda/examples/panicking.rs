//! A bootstrap whose handler has a bug: it panics at the events that say so. For the tests of the real one.

use lambda::{Handler, serve};

fn main() -> Result<(), lambda_runtime::Error> {
    lambda::init_logs();
    let handler = Handler::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(move |payload| {
        assert!(!payload.starts_with(b"{\"panic\""), "hunter2");
        handler.answer(payload)
    }))
}
