//! The program `exitwise`.

use std::process::ExitCode;

fn main() -> ExitCode {
    exitwise::main()
}
