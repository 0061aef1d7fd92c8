//! `exitwise schema`: the JSON Schema of policies.

use crate::Status;
use crate::cmd::say;
use anyhow::Result;

pub(crate) fn run() -> Result<Status> {
    say(&serde_json::to_string_pretty(&policy_engine::schema())?)?;
    Ok(Status::Fine)
}
