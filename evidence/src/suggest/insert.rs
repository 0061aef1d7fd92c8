//! Places in a policy's text, and what stands there.

use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use exitwise_engine::policy::Rule;
use std::fmt::Write as _;
use toml::de::{DeTable, DeValue};

/// The keys of a rule that say what it does, besides `type`.
const ACTION_KEYS: [&str; 5] = ["outcome", "max_retries", "backoff", "counts", "next"];

/// Returns the policy with a section before the rule with this name. `None` stands for the end of the
/// rules.
///
/// # Errors
/// Returns the reason if the rules of the policy are not sections, or the first error of the policy
/// with the section.
pub(super) fn insert(
    policy: &Policy,
    before: Option<&str>,
    section: &str,
) -> Result<Policy, String> {
    let source = policy.source();
    let is_section = |rule: &Rule| {
        let text = source.get(rule.span().start..).unwrap_or_default();
        text.starts_with("[[")
    };
    if !policy.rules().iter().all(is_section) {
        return Err("the rules of the policy are a list, not sections `[[rule]]`".into());
    }
    let end = source.len();
    let place = match before {
        Some(name) => policy.rule(name).map(|it| above(source, it.span().start)),
        None => end_of_rules(policy),
    };
    let place = place.unwrap_or(end);
    let load = |place| Policy::load_for_decisions(&insert_at(source, place, section));
    let policy = match load(place) {
        // A line of a text can look like a header. At the end of the file there is none.
        Err(_) if before.is_none() && place < end => load(end),
        policy => policy,
    };
    policy.map_err(|problems| error_of(&problems))
}

/// Returns the message of the first error.
pub(super) fn error_of(problems: &Diagnostics) -> String {
    let is_error = |it: &&Diagnostic| it.code.severity() == Severity::Error;
    let error = problems.iter().find(is_error);
    let message = error.map_or("", |it| it.message.as_str());
    format!("with a rule for it, the policy has an error: {message}")
}

/// Returns the place after the last rule. `None` if it is the end of the text.
fn end_of_rules(policy: &Policy) -> Option<usize> {
    let source = policy.source();
    let Some(last) = policy.rules().last() else {
        let default = policy.default_rule().span();
        let is_section = source.get(default.start..)?.starts_with('[');
        return (!default.is_empty() && is_section).then(|| above(source, default.start));
    };
    let mut at = last.span().start;
    for line in source.get(at..)?.split_inclusive('\n') {
        let header = line.trim_start();
        let name = header.trim_start_matches('[').trim_start();
        let is_of_rule = name.starts_with("rule.") || at == last.span().start;
        let ends = line
            .split('#')
            .next()
            .unwrap_or_default()
            .trim_end()
            .ends_with(']');
        let names_table = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '"');
        if header.starts_with('[') && names_table && ends && !is_of_rule {
            return Some(above(source, at));
        }
        at += line.len();
    }
    None
}

/// Returns the start of the comment that stands directly above this place, or else of its line.
fn above(source: &str, place: usize) -> usize {
    let before = source.get(..place).unwrap_or_default();
    let mut start = before.rfind('\n').map_or(0, |at| at + 1);
    while let Some(lines) = source.get(..start.saturating_sub(1)).filter(|_| start > 0) {
        let line = lines.rfind('\n').map_or(0, |at| at + 1);
        if !lines
            .get(line..)
            .is_some_and(|it| it.trim_start().starts_with('#'))
        {
            break;
        }
        start = line;
    }
    start
}

fn insert_at(source: &str, place: usize, section: &str) -> String {
    let (before, after) = source.split_at_checked(place).unwrap_or((source, ""));
    let before_break = match before {
        "" => "",
        _ if before.ends_with("\n\n") || before.ends_with("\n\r\n") => "",
        _ if before.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let after_break = if after.is_empty() { "" } else { "\n" };
    format!("{before}{before_break}{section}{after_break}{after}")
}

/// Returns the lines that make a new rule do what this rule does, without `type`: as the policy
/// writes them if that is possible, or else in their normal form.
///
/// # Errors
/// Returns the reason if no rule can do the same.
pub(super) fn action_lines(policy: &Policy, rule: &Rule) -> Result<String, String> {
    let written = written_lines(policy, rule).unwrap_or_default();
    let normal = policy.action_toml(rule);
    let normal = normal.split_once('\n').map_or("", |(_, lines)| lines);
    let kind = rule.action().to_type();
    let before = (rule.name() != policy.default_rule().name()).then(|| rule.name());
    let mut reason = String::new();
    for lines in [written.as_str(), normal] {
        let name = free_name(policy);
        let section = format!(
            "[[rule]]\nname = \"{name}\"\nwhen = {{ exit_code = 1 }}\ntype = \"{kind}\"\n{lines}"
        );
        match insert(policy, before, &section) {
            Ok(policy) if policy.rule(&name).is_some_and(|it| does_the_same(it, rule)) => {
                return Ok(lines.to_owned());
            }
            Ok(_) => {
                let name = rule.name();
                reason = format!("what `{name}` does cannot be written in another rule");
            }
            Err(problem) => reason = problem,
        }
    }
    Err(reason)
}

fn does_the_same(one: &Rule, other: &Rule) -> bool {
    one.action() == other.action() && one.counts() == other.counts() && one.next() == other.next()
}

fn free_name(policy: &Policy) -> String {
    let mut names = (0..=policy.rules().len()).map(|number| format!("new-rule-{number}"));
    names
        .find(|name| policy.rule(name).is_none())
        .unwrap_or_default()
}

/// Returns the lines of a rule's action as the policy's text has them.
fn written_lines(policy: &Policy, rule: &Rule) -> Option<String> {
    let source = policy.source();
    let document = DeTable::parse(source).ok()?;
    let root = document.get_ref();
    let table = match rule.name() == policy.default_rule().name() {
        true => root.get("default")?,
        false => root
            .get("rule")?
            .get_ref()
            .as_array()?
            .get(rule.position())?,
    };
    let DeValue::Table(table) = table.get_ref() else {
        return None;
    };
    let mut lines = String::new();
    for key in ACTION_KEYS {
        if let Some(value) = table.get(key) {
            let _ = writeln!(lines, "{key} = {}", source.get(value.span())?);
        }
    }
    Some(lines)
}
