//! `bootstrap`, the program of ProcessError that AWS Lambda starts.

use exitwise_lambda::{handler_from_environment, init_logs, report_init_error, serve};
use std::env;
use std::process::ExitCode;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Environment variables that Lambda always sets and that its runtime library requires.
const REQUIRED: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

fn main() -> ExitCode {
    if let Some(missing) = REQUIRED
        .into_iter()
        .find(|name| env::var_os(name).is_none())
    {
        eprintln!(
            "bootstrap runs inside AWS Lambda: {missing} is not set; to run a policy here, use `exitwise run`"
        );
        return ExitCode::from(2);
    }
    init_logs();
    // Lambda sends one invocation at a time, so a second thread would only add context switches.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    match handler_from_environment() {
        Ok(handler) => serve(move |payload| handler.answer(payload)).await,
        Err(error) => {
            report_init_error(&error).await?;
            Err(error.into())
        }
    }
}
