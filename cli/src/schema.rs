//! `exitwise schema`: prints the JSON Schema of policies.

use crate::output::stream::stdout;
use crate::status::Status;
use anyhow::Result;
use std::io::Write;

pub(crate) fn run() -> Result<Status> {
    stdout().write_all(text()?.as_bytes())?;
    Ok(Status::Fine)
}

/// The schema as it is in the file `policies/schema.json`.
pub(crate) fn text() -> Result<String> {
    let schema = exitwise_engine::language::schema();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
