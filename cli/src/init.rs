//! `exitwise init`: a commented policy to start from.

use crate::args::Init;
use crate::output::text::{GOOD, say};
use crate::status::Status;
use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::io::{ErrorKind, Write};

/// What a new policy starts as.
const STARTER: &str = include_str!("starter.toml");

pub(crate) fn run(args: &Init) -> Result<Status> {
    if args.path.as_os_str() == "-" {
        std::io::stdout().write_all(STARTER.as_bytes())?;
        return Ok(Status::Fine);
    }
    let name = args.path.display();
    // One call, so that a file that comes up meanwhile is not overwritten either.
    let mut file = File::create_new(&args.path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            anyhow!("{name} is there already; name another file, or see `exitwise init -`")
        }
        _ => anyhow!(error).context(format!("cannot write {name}")),
    })?;
    file.write_all(STARTER.as_bytes())
        .with_context(|| format!("cannot write {name}"))?;
    say(&format!(
        "{GOOD}{name}{GOOD:#} written; change it, then: exitwise check {name}"
    ))?;
    Ok(Status::Fine)
}
