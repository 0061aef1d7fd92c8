//! `exitwise init`: a commented policy to start from.

use crate::args::Init;
use crate::output::stream::{say, stdout};
use crate::output::terminal::GOOD;
use crate::status::Status;
use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::io::{ErrorKind, Write};

/// The text of a new policy.
const STARTER: &str = include_str!("starter.toml");

pub(crate) fn run(args: &Init) -> Result<Status> {
    if args.path.as_os_str() == "-" {
        stdout().write_all(STARTER.as_bytes())?;
        return Ok(Status::Fine);
    }
    let name = args.path.display();
    // Checking and creating in one call never overwrites a file, even if another program creates it
    // at the same time.
    let mut file = File::create_new(&args.path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            anyhow!("{name} exists already; name another file, or see `exitwise init -`")
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
