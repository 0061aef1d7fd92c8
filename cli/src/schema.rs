//! `exitwise schema`: the JSON Schema of policies.

use crate::output::stream::say;
use crate::status::Status;
use anyhow::Result;

pub(crate) fn run() -> Result<Status> {
    say(&serde_json::to_string_pretty(
        &exitwise_engine::language::schema(),
    )?)?;
    Ok(Status::Fine)
}
