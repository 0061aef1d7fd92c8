//! `exitwise completions`: prints scripts with which shells complete commands and options.

use crate::args::{Completions, visible_command};
use crate::output::stream::stdout;
use crate::status::Status;
use anyhow::Result;
use std::io::Write;

pub(crate) fn run(args: &Completions) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut visible_command(), "exitwise", &mut script);
    stdout().write_all(&script)?;
    Ok(Status::Fine)
}
