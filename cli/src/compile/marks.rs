//! Whether compiled state machines are up to date: woven ones judged by their marks, because the source
//! is not known, and the standard one by all of its text.

use super::source::{Source, first_difference};
use super::woven::print_errors;
use crate::output::stream::complain;
use crate::policy_file::PolicyFile;
use crate::status::Status;
use anyhow::{Result, bail};
use exitwise_asl_compiler::{
    Backend, Staleness, WovenMark, plain_definition, standard_machine, woven_marks,
};
use exitwise_engine::Policy;
use exitwise_reports::layout::{BAD, GOOD, paragraph};
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
        let problem = match mark.staleness(&policy) {
            None if mark.is_standard => changed(source, &policy, policy_name)?,
            None => None,
            Some(Staleness::OtherVersion) => Some(format!("compiled by exitwise {}", mark.version)),
            Some(_) => Some(format!("compiled from another text of {policy_name}")),
        };
        let (style, what) = match problem {
            None => (GOOD, format!("up to date with {policy_name}")),
            Some(problem) => {
                worst = Status::No;
                (BAD, format!("{problem}; compile it again"))
            }
        };
        let subject = match mark.is_standard {
            true => "the state machine".to_owned(),
            false => format!("`{state}`"),
        };
        let line = format!(
            "{style}{}{style:#}: {subject} is {what}",
            source.place(place)
        );
        complain(paragraph(&line, "", "  ").trim_end());
    }
    Ok(worst)
}

/// Says how a standard state machine differs from what its policy compiles to. `None` if it does not.
fn changed(source: &Source, policy: &Policy, policy_name: &str) -> Result<Option<String>> {
    let compiled = standard_machine(policy, policy_name, &Backend::Native)?;
    let what = format!("not as `exitwise compile {policy_name}` writes it");
    if source.is_yaml() {
        // Its lines are others.
        let same = plain_definition(&source.text)?.json == plain_definition(&compiled)?.json;
        return Ok((!same).then_some(what));
    }
    let line = first_difference(&compiled, &source.text);
    Ok(line.map(|line| format!("{what}: line {line} differs")))
}
