//! Whether compiled state machines are up to date, judged by their marks.

use super::source::Source;
use super::woven::print_errors;
use crate::output::stream::complain;
use crate::output::terminal::{BAD, GOOD, paragraph};
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Result, bail};
use exitwise_asl_compiler::{Staleness, WovenMark, woven_marks};
use std::path::Path;

/// Compares the marks of a definition with the policies that they name.
pub(super) fn check_marks(source: &Source) -> Result<Status> {
    let marks = match woven_marks(&source.text) {
        Ok(marks) => marks,
        Err(errors) => {
            print_errors(source, &errors);
            return Ok(Status::No);
        }
    };
    if marks.is_empty() {
        bail!("{} has no state that exitwise compiled", source.name());
    }
    let mut worst = Status::Fine;
    for mark in &marks {
        let WovenMark {
            state,
            place,
            policy_name,
            ..
        } = mark;
        let file = PolicyFile::load(Some(Path::new(policy_name)))?;
        let Some((_, policy)) = file.usable() else {
            return Ok(Status::BadPolicy);
        };
        let staleness = mark.staleness(&policy);
        let what = match staleness {
            None => format!("up to date with {policy_name}"),
            Some(Staleness::OtherVersion) => {
                format!("compiled by exitwise {}; compile it again", mark.version)
            }
            Some(_) => format!("compiled from another text of {policy_name}; compile it again"),
        };
        let style = match staleness {
            None => GOOD,
            Some(_) => {
                worst = Status::No;
                BAD
            }
        };
        let line = format!(
            "{style}{}{style:#}: `{state}` is {what}",
            source.place(place)
        );
        complain(paragraph(&line, "", "  ").trim_end());
    }
    Ok(worst)
}
