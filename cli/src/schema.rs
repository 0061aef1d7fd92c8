//! `exitwise schema`: the JSON Schema of policies.

use crate::output::text::say;
use crate::status::Status;
use anyhow::Result;

pub(crate) fn run() -> Result<Status> {
    say(&serde_json::to_string_pretty(&policy_engine::schema())?)?;
    Ok(Status::Fine)
}
