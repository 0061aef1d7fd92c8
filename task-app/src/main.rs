//! The demo container's program.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    task_app::main_with(env::args_os().skip(1))
}
