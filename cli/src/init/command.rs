//! `exitwise init`: writes a policy to start from.

use super::shipped;
use crate::args::Init;
use crate::input::{is_standard, name_of};
use crate::output::file::{write, write_new};
use crate::output::stream::{say, stdout};
use crate::policy_file::PolicyFile;
use crate::schema;
use crate::status::Status;
use anyhow::{Context, Result, anyhow, bail};
use exitwise_reports::layout::GOOD;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The text of a new policy.
const STARTER: &str = include_str!("starter.toml");

/// The file that the first line of every policy names.
const SCHEMA: &str = "schema.json";

pub(crate) fn run(args: &Init) -> Result<Status> {
    let mut text = args
        .from
        .as_deref()
        .and_then(shipped::text)
        .unwrap_or(STARTER)
        .to_owned();
    if let Some(container) = &args.container {
        text = with_container(&text, container);
        if PolicyFile::from_text(String::new(), text.clone())
            .policy
            .is_none()
        {
            bail!("`{container}` cannot be the name of a container");
        }
    }
    if is_standard(&args.path) {
        stdout().write_all(text.as_bytes())?;
        return Ok(Status::Fine);
    }
    let name = name_of(&args.path);
    let exists = || anyhow!("{name} exists already; name another file, or see `exitwise init -`");
    if args.path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    write_schema(&args.path.with_file_name(SCHEMA))?;
    // Another program may write a file with this name right now.
    write_new(&args.path, text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(),
        _ => anyhow!(error).context(format!("cannot write {name}")),
    })?;
    say(&format!(
        "{GOOD}{name}{GOOD:#} written; change it, then: exitwise check {name}"
    ))?;
    Ok(Status::Fine)
}

/// Writes the schema for editors, unless there is another file with this name.
fn write_schema(path: &Path) -> Result<()> {
    let (name, schema) = (name_of(path), schema::text()?);
    match fs::read(path) {
        Ok(content) if content == schema.as_bytes() => Ok(()),
        Ok(_) => say(&format!(
            "{name} exists already and is another one; to replace it: exitwise schema > {name}"
        )),
        Err(_) => {
            write(path, schema.as_bytes()).with_context(|| format!("cannot write {name}"))?;
            say(&format!(
                "{GOOD}{name}{GOOD:#} written; editors check the policy with it"
            ))
        }
    }
}

/// The policy with this name of its container, in place of the one that is there, if any. Tests that
/// list several containers begin with it.
fn with_container(policy: &str, container: &str) -> String {
    // A string of JSON is one of TOML.
    let line = format!("container = {}", serde_json::Value::from(container));
    let is_container = |it: &str| {
        it.trim_start_matches(['#', ' '])
            .starts_with("container = ")
    };
    let has_line = policy.lines().any(is_container);
    let lines = policy.lines().map(|old| match old {
        _ if is_container(old) => match old.trim_start_matches(['#', ' ']).split_once(" #") {
            Some((_, comment)) => format!("{line:<38} #{comment}\n"),
            None => format!("{line}\n"),
        },
        _ if old.contains("containers = { app = ") => {
            let renamed = format!("containers = {{ {container} = ");
            old.replace("containers = { app = ", &renamed) + "\n"
        }
        "version = 1" if !has_line => format!("{old}\n{line}\n"),
        _ => format!("{old}\n"),
    });
    lines.collect()
}
