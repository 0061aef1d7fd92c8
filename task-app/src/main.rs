//! The program of the demo container.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    exitwise_task_app::main_with(env::args_os().skip(1))
}
