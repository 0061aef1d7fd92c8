//! `exitwise man`: manual pages, one for the program and one for each subcommand.

use crate::args::{Cli, Man};
use crate::output::stream::say;
use crate::status::Status;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::fs;

pub(crate) fn run(args: &Man) -> Result<Status> {
    let folder = args.folder.display();
    fs::create_dir_all(&args.folder)
        .with_context(|| format!("cannot create the folder {folder}"))?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .with_context(|| format!("cannot write to {folder}"))?;
    say(&format!(
        "manual pages written; to read one: man {folder}/exitwise-check.1"
    ))?;
    Ok(Status::Fine)
}
