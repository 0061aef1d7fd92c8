//! Reads the expected decisions of a test.

use super::amounts;
use super::duration;
use super::keys;
use super::resources;
use super::section::Section;
use super::test_cases::TestReader;
use super::tree::TomlNode;
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, quoted};
use crate::policy::{DEFAULT_RULE, Expectation, ExpectedRun, MAX_RETRIES, Rule, Type};
use std::ops::{Range, RangeInclusive};
use toml::de::DeValue;

impl TestReader<'_> {
    pub(super) fn expectation(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<Expectation> {
        match value.get_ref() {
            DeValue::String(text) => type_and_wait(text, value.span(), out),
            DeValue::Table(_) => self.expectation_table(
                &Section::of(value, "an expectation", "{ type = \"FATAL\" }", out)?,
                out,
            ),
            _ => {
                let help =
                    "write `\"TEMPORARY\"`, `\"TEMPORARY 60s\"`, `\"FATAL\"` or `\"SUCCESS\"`";
                wrong_type(value, "an expectation", help, out)
            }
        }
    }

    fn expectation_table(
        &self,
        section: &Section<'_>,
        out: &mut Diagnostics,
    ) -> Option<Expectation> {
        section.only(keys::EXPECTATION, out);
        if section.table.is_empty() {
            let message = "an expectation of nothing";
            let problem = Diagnostic::new(Code::BadExpectation, section.span.clone(), message);
            let help =
                "say what is expected, for example `{ type = \"FATAL\", rule = \"default\" }`";
            out.push(problem.label("always met").help(help));
        }
        let mut expectation = match section.get("type") {
            Some(value) => {
                type_and_wait(values::text(value, "\"FATAL\"", out)?, value.span(), out)?
            }
            None => Expectation::default(),
        };
        if let Some(value) = section.get("rule") {
            let name = values::text(value, "\"default\"", out)?;
            self.check_rule(name, value.span(), out)?;
            expectation.rule = Some(name.to_owned());
        }
        if let Some(value) = section.get("error") {
            expectation.error = Some(values::text(value, "\"States.Timeout\"", out)?.to_owned());
        }
        if let Some(value) = section.get("outcome") {
            let outcome = values::text(value, "\"skipped\"", out)?;
            self.check_outcome(outcome, value.span(), out)?;
            expectation.outcome = Some(outcome.to_owned());
        }
        if let Some(value) = section.get("run") {
            expectation.run = expected_run(value, out)?;
        }
        Some(expectation)
    }

    fn check_rule(&self, name: &str, span: Range<usize>, out: &mut Diagnostics) -> Option<()> {
        let mut known = self.rules.iter().map(Rule::name).chain([DEFAULT_RULE]);
        if known.clone().any(|known| known == name) {
            return Some(());
        }
        let help = match closest(name, &mut known) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None => "write a rule's name, or `default`".into(),
        };
        let message = format!("no rule is called {}", quoted(name));
        let problem = Diagnostic::new(Code::BadExpectation, span, message);
        out.push(problem.label("never decides").help(help));
        None
    }

    fn check_outcome(&self, name: &str, span: Range<usize>, out: &mut Diagnostics) -> Option<()> {
        let mut known = self.rules.iter().filter_map(Rule::outcome);
        if known.clone().any(|known| known == name) {
            return Some(());
        }
        let help = match closest(name, &mut known) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None => "write the `outcome` of a SUCCESS rule".into(),
        };
        let message = format!("no rule has the outcome {}", quoted(name));
        let problem = Diagnostic::new(Code::BadExpectation, span, message);
        out.push(problem.label("no rule gives it").help(help));
        None
    }
}

/// Reads what the next run is expected to get.
fn expected_run(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<ExpectedRun> {
    let section = Section::of(value, "`run`", "{ memory = \"8GB\" }", out)?;
    section.only(keys::RUN, out);
    if section.table.is_empty() {
        let problem = Diagnostic::new(Code::BadExpectation, section.span, "an empty `run`");
        let help = "write what the next run gets, for example `run = { memory = \"8GB\" }`";
        out.push(problem.label("always met").help(help));
        return None;
    }
    let mut run = ExpectedRun::default();
    if let Some(value) = section.get("cpu") {
        run.cpu = Some(amounts::cpu(value, out)?);
    }
    if let Some(value) = section.get("memory") {
        run.memory = Some(amounts::memory(value, out)?);
    }
    if let Some(value) = section.get("capacity") {
        run.capacity = Some(resources::provider(value, out)?);
    }
    if let Some(value) = section.get("subnet") {
        run.subnet = Some(values::count(value, "subnet", 0..=MAX_RETRIES, out)?);
    }
    Some(run)
}

/// Parses a type and, for TEMPORARY, an optional wait or range of waits.
fn type_and_wait(text: &str, span: Range<usize>, out: &mut Diagnostics) -> Option<Expectation> {
    let (word, wait) = match text.split_once(' ') {
        Some((word, wait)) => (word, Some(wait.trim())),
        None => (text, None),
    };
    let (label, help) = match (word.parse::<Type>(), wait) {
        (Ok(type_), None) => {
            return Some(Expectation {
                type_: Some(type_),
                ..Expectation::default()
            });
        }
        (Ok(Type::Temporary), Some(wait)) => match wait_range(wait) {
            Some(range) if !range.is_empty() => {
                let type_ = Some(Type::Temporary);
                return Some(Expectation {
                    type_,
                    wait: Some(range),
                    ..Expectation::default()
                });
            }
            Some(_) => ("the range is empty", help_for_wait(wait)),
            None => ("not a wait", help_for_wait(wait)),
        },
        (Ok(Type::Success), Some(_)) => (
            "only TEMPORARY waits",
            "for an outcome, expect a table: `{ type = \"SUCCESS\", outcome = \"…\" }`".to_owned(),
        ),
        (Ok(type_), Some(_)) => ("only TEMPORARY waits", format!("write `\"{type_}\"`")),
        (Err(_), _) => {
            let types = Type::ALL.map(Type::as_str);
            let help = match closest(&word.to_ascii_uppercase(), types) {
                Some(meant) => format!("did you mean `\"{meant}\"`?"),
                None => {
                    "write `\"RETRIABLE\"`, `\"TEMPORARY\"`, `\"TEMPORARY 60s\"`, `\"FATAL\"` or \
                         `\"SUCCESS\"`"
                        .into()
                }
            };
            ("not one of the types", help)
        }
    };
    let message = format!("{} is not an expectation", quoted(text));
    out.push(
        Diagnostic::new(Code::BadExpectation, span, message)
            .label(label)
            .help(help),
    );
    None
}

/// The help for a text that is not a wait, or for an empty range.
fn help_for_wait(text: &str) -> String {
    let words = ["after ", "for ", "in "];
    let text = words
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text);
    let wait = |text: &str| match duration::parse(text.trim()) {
        Ok(seconds) => Some((seconds, text.trim().to_owned())),
        Err(_) => duration::meant(text).and_then(|it| Some((duration::parse(&it).ok()?, it))),
    };
    let ends = ["..=", "...", "..", "-", " to "]
        .iter()
        .find_map(|sign| text.split_once(sign));
    let meant = match ends {
        None => wait(text).map(|(_, wait)| wait),
        Some((one, other)) => wait(one).zip(wait(other)).map(|(one, other)| {
            let (shorter, longer) = if one.0 <= other.0 {
                (one, other)
            } else {
                (other, one)
            };
            format!("{}..={}", shorter.1, longer.1)
        }),
    };
    match meant {
        Some(meant) => format!("write `\"TEMPORARY {meant}\"`"),
        None => "write it like `\"TEMPORARY 60s\"` or `\"TEMPORARY 30s..=60s\"`".into(),
    }
}

/// One duration, or two with `..=` between them, in seconds. `None` if it is neither.
fn wait_range(text: &str) -> Option<RangeInclusive<u64>> {
    let (shortest, longest) = text.split_once("..=").unwrap_or((text, text));
    let seconds = |text: &str| duration::parse(text.trim()).ok();
    Some(seconds(shortest)?..=seconds(longest)?)
}
