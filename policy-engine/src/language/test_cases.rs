//! `[[test]]` sections to scenarios.

use crate::analysis::lints::KNOWN_STOP_CODES;
use crate::analysis::test_runner::{Expectation, Given, Scenario, Step};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::failure::{Container, ExitCode, Failure};
use crate::language::conditions::{self as matchers, CodeNames};
use crate::language::keys as language;
use crate::language::tree::{Node, Value};
use crate::language::values::{self as raw, Section};
use crate::policy::duration;
use crate::policy::pattern::Text;
use crate::policy::{DEFAULT_RULE, Rule};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// The types that a decision can have.
const TYPES: [&str; 3] = ["RETRIABLE", "TEMPORARY", "FATAL"];

/// What tests refer to: the policy's own names.
pub(crate) struct Names<'p> {
    pub(crate) container: Option<&'p str>,
    pub(crate) rules: &'p [Rule],
    pub(crate) codes: &'p mut CodeNames,
}

/// The scenarios as far as they can be read; whatever cannot was reported.
pub(crate) fn lower(
    root: Section<'_, '_>,
    names: &mut Names<'_>,
    out: &mut Diagnostics,
) -> Vec<Scenario> {
    let Some(value) = root.get("test") else {
        return Vec::new();
    };
    let Some(list) = raw::list(
        value,
        "a list of tests",
        "head each test with `[[test]]`",
        out,
    ) else {
        return Vec::new();
    };
    let mut seen = BTreeMap::new();
    list.iter()
        .filter_map(|test| scenario(Section::of(test, "`[[test]]`", out)?, &mut seen, names, out))
        .collect()
}

fn scenario<'t>(
    section: Section<'t, '_>,
    seen: &mut BTreeMap<&'t str, Range<usize>>,
    names: &mut Names<'_>,
    out: &mut Diagnostics,
) -> Option<Scenario> {
    section.only(language::TEST, out);
    let name = section.required("name", "name = \"a bad input is final\"", out);
    let name = name.and_then(|value| Some((raw::text(value, out)?, value.span())));
    if let Some((name, span)) = &name {
        if name.trim().is_empty() {
            let help = "say what the test shows, for example `name = \"a bad input is final\"`";
            out.push(
                Code::BadName,
                span.clone(),
                "a test without a name",
                "no name",
                help,
            );
        } else if let Some(first) = seen.insert(name, span.clone()) {
            let message = format!("two tests are called {}", quoted(name));
            let problem = Diagnostic::new(
                Code::RepeatedName,
                span.clone(),
                message,
                "again here",
                "rename one of them",
            );
            out.add(problem.also(first, "named here first"));
        }
    }
    let failures = section.required("failures", "failures = [4]", out);
    let failures = failures.map(|value| {
        (
            value.span(),
            each(value, out, |value, out| given(value, names, out)),
        )
    });
    let expect = section.required("expect", "expect = [\"FATAL\"]", out);
    let expect = expect.map(|value| {
        (
            value.span(),
            each(value, out, |value, out| {
                expectation(value, names.rules, out)
            }),
        )
    });
    let ((failures_span, failures), (expect_span, expect)) = (failures?, expect?);
    let help = "write one expectation for each failure, in their order";
    let message = format!(
        "{} and {}",
        counted(failures.len(), "failure"),
        counted(expect.len(), "expectation")
    );
    if let Some((span, _)) = failures.get(expect.len()).filter(|_| !expect.is_empty()) {
        let problem = Diagnostic::new(
            Code::TestLength,
            span.clone(),
            message,
            "what follows this one?",
            help,
        );
        out.add(problem.also(expect_span, "ends too early"));
    } else if let Some((span, _)) = expect.get(failures.len()).filter(|_| !failures.is_empty()) {
        let problem = Diagnostic::new(
            Code::TestLength,
            span.clone(),
            message,
            "what does this one follow?",
            help,
        );
        out.add(problem.also(failures_span, "ends too early"));
    }
    for ((fatal, end), (next, _)) in expect.iter().zip(expect.iter().skip(1)) {
        if end.as_ref().is_some_and(|end| end.kind == Some("FATAL")) {
            let help = "end the test with FATAL; what else may happen is for another test";
            let problem = Diagnostic::new(
                Code::BadExpectation,
                next.clone(),
                "nothing comes after FATAL",
                "never reached",
                help,
            );
            out.add(problem.also(fatal.clone(), "the execution ends here"));
        }
    }
    let step =
        |((given_span, given), (expected_span, expected)): (Placed<Given>, Placed<Expectation>)| {
            Some(Step {
                given: given?,
                given_span,
                expected: expected?,
                expected_span,
            })
        };
    let steps = failures
        .into_iter()
        .zip(expect)
        .map(step)
        .collect::<Option<_>>()?;
    Some(Scenario {
        name: name?.0.to_owned(),
        span: section.span(),
        steps,
    })
}

/// A value that was read, if it could be, and its place.
type Placed<T> = (Range<usize>, Option<T>);

fn each<T>(
    value: Node<'_, '_>,
    out: &mut Diagnostics,
    mut read: impl FnMut(Node<'_, '_>, &mut Diagnostics) -> Option<T>,
) -> Vec<Placed<T>> {
    raw::one_or_more(value, out)
        .map(|value| (value.span(), read(value, out)))
        .collect()
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// One failure of a test.
fn given(value: Node<'_, '_>, names: &mut Names<'_>, out: &mut Diagnostics) -> Option<Given> {
    if let Value::Table(_) = value.get_ref() {
        return facts(Section::of(value, "a failure", out)?, names, out);
    }
    if let Value::String(text) = value.get_ref()
        && let Some(meant) = other_fact(text).filter(|_| !names.codes.codes.contains_key(text))
    {
        let message = format!("{} is no exit code", quoted(text));
        out.push(
            Code::BadFailure,
            value.span(),
            message,
            "not in `[exit_codes]`",
            format!("write `{meant}`"),
        );
        return None;
    }
    let exit_code = exit_code(value, names.codes, out)?;
    Some(Given::Facts(Failure {
        error: Some(Cow::Borrowed("States.TaskFailed")),
        stop_code: exit_code.map(|_| Cow::Borrowed("EssentialContainerExited")),
        containers: vec![Container {
            name: container(names.container),
            exit_code,
            reason: None,
        }],
        ..Failure::default()
    }))
}

/// What a text that names no exit code was probably meant to be.
fn other_fact(text: &str) -> Option<String> {
    let key = match text {
        _ if KNOWN_STOP_CODES.contains(&text) => "stop_code",
        _ if text.ends_with(".json") => "file",
        _ if text.starts_with("States.") || text.contains("ECS.") => "error",
        _ => return None,
    };
    Some(format!("{{ {key} = \"{text}\" }}"))
}

fn container(name: Option<&str>) -> Option<Cow<'static, str>> {
    name.map(|name| Cow::Owned(name.to_owned()))
}

/// A failure told by facts, or recorded in a file.
fn facts(section: Section<'_, '_>, names: &mut Names<'_>, out: &mut Diagnostics) -> Option<Given> {
    section.only(language::FAILURE, out);
    let text =
        |key: &str, out: &mut Diagnostics| raw::text(section.get(key)?, out).map(str::to_owned);
    if let Some(file) = section.get("file") {
        if section.table.keys().count() > 1 {
            let help = "drop the other keys, or the file; the event in the file has all facts";
            out.push(
                Code::BadFailure,
                file.span(),
                "a file and facts of one failure",
                "says all by itself",
                help,
            );
        }
        return text("file", out).map(Given::Event);
    }
    if section.table.keys().next().is_none() {
        let help = "say what happened, for example `{ exit_code = 4 }` or `{ stop_code = \"SpotInterruption\" }`";
        out.push(
            Code::BadFailure,
            section.span(),
            "a failure without a fact",
            "nothing here",
            help,
        );
    }
    let exit_code = match section.get("exit_code") {
        Some(value) => exit_code(value, names.codes, out)?,
        None => None,
    };
    let reason = |key: &str, out: &mut Diagnostics| text(key, out).map(Text::project);
    let name = |key: &str, out: &mut Diagnostics| text(key, out).map(Cow::Owned);
    Some(Given::Facts(Failure {
        error: name("error", out).or(Some(Cow::Borrowed("States.TaskFailed"))),
        stop_code: name("stop_code", out)
            .or(exit_code.map(|_| Cow::Borrowed("EssentialContainerExited"))),
        stopped_reason: reason("stopped_reason", out),
        launch_type: name("launch_type", out),
        capacity_provider: name("capacity_provider", out),
        containers: vec![Container {
            name: name("container", out).or(container(names.container)),
            exit_code,
            reason: reason("container_reason", out),
        }],
        // Only the key `reason` looks here: the fact is what that key finds, wherever ECS may have put it.
        placement_reasons: reason("reason", out).into_iter().collect(),
        plain_text: None,
    }))
}

/// One exit code; `Some(None)` is `"absent"`.
fn exit_code(
    value: Node<'_, '_>,
    names: &mut CodeNames,
    out: &mut Diagnostics,
) -> Option<Option<ExitCode>> {
    let Some((low, high)) = matchers::code_range(value, names, out)? else {
        return Some(None);
    };
    if low != high {
        let help = format!("write one of them, for example `{low}`");
        out.push(
            Code::BadExitCode,
            value.span(),
            "a failure with a range of exit codes",
            "has one code",
            help,
        );
        return None;
    }
    Some(ExitCode::new(low))
}

fn expectation(value: Node<'_, '_>, rules: &[Rule], out: &mut Diagnostics) -> Option<Expectation> {
    match value.get_ref() {
        Value::String(text) => {
            let (kind, wait) = answer(text, value.span(), out)?;
            Some(Expectation {
                kind: Some(kind),
                wait,
                ..Expectation::default()
            })
        }
        Value::Table(_) => {
            let section = Section::of(value, "an expectation", out)?;
            section.only(language::EXPECTATION, out);
            let mut expectation = Expectation::default();
            if let Some(value) = section.get("type") {
                let (kind, wait) = answer(raw::text(value, out)?, value.span(), out)?;
                (expectation.kind, expectation.wait) = (Some(kind), wait);
            }
            if let Some(value) = section.get("rule") {
                let name = raw::text(value, out)?;
                known_rule(name, value.span(), rules, out)?;
                expectation.rule = Some(name.to_owned());
            }
            if let Some(value) = section.get("error") {
                expectation.error = Some(raw::text(value, out)?.to_owned());
            }
            if section.table.keys().next().is_none() {
                let help =
                    "say what is expected, for example `{ type = \"FATAL\", rule = \"default\" }`";
                out.push(
                    Code::BadExpectation,
                    section.span(),
                    "an expectation of nothing",
                    "always met",
                    help,
                );
            }
            Some(expectation)
        }
        _ => raw::wrong_type(
            value,
            "an expectation",
            "write `\"TEMPORARY\"`, `\"TEMPORARY 60s\"` or `\"FATAL\"`",
            out,
        ),
    }
}

fn known_rule(name: &str, span: Range<usize>, rules: &[Rule], out: &mut Diagnostics) -> Option<()> {
    let mut known = rules
        .iter()
        .map(|rule| rule.name.as_str())
        .chain([DEFAULT_RULE]);
    if known.clone().any(|known| known == name) {
        return Some(());
    }
    let help = match known.find(|known| raw::alike(known, name)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "write a rule's name, or `default`".into(),
    };
    out.push(
        Code::BadExpectation,
        span,
        format!("no rule is called {}", quoted(name)),
        "decides nothing",
        help,
    );
    None
}

/// A type, and the range of its wait in seconds.
fn answer(
    text: &str,
    span: Range<usize>,
    out: &mut Diagnostics,
) -> Option<(&'static str, Option<RangeInclusive<u64>>)> {
    let mut refuse = |label: &str, help: String| {
        out.push(
            Code::BadExpectation,
            span.clone(),
            format!("{} is no expectation", quoted(text)),
            label,
            help,
        );
        None
    };
    let (word, wait) = text
        .split_once(' ')
        .map_or((text, None), |(word, wait)| (word, Some(wait.trim())));
    let Some(kind) = TYPES.into_iter().find(|kind| *kind == word) else {
        let meant = TYPES
            .into_iter()
            .find(|kind| raw::alike(kind, &word.to_ascii_uppercase()));
        return refuse(
            "not one of the types",
            match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    "write `\"RETRIABLE\"`, `\"TEMPORARY\"`, `\"TEMPORARY 60s\"` or `\"FATAL\"`"
                        .into()
                }
            },
        );
    };
    let Some(wait) = wait else {
        return Some((kind, None));
    };
    if kind != "TEMPORARY" {
        return refuse("only TEMPORARY waits", format!("write `\"{kind}\"`"));
    }
    let (shortest, longest) = wait.split_once("..=").unwrap_or((wait, wait));
    match (
        duration::parse(shortest.trim()),
        duration::parse(longest.trim()),
    ) {
        (Ok(shortest), Ok(longest)) if shortest > longest => {
            refuse("the range is empty", "write the shorter wait first".into())
        }
        (Ok(shortest), Ok(longest)) => Some((kind, Some(shortest..=longest))),
        _ => refuse(
            "not a wait",
            "write it like `\"TEMPORARY 60s\"` or `\"TEMPORARY 30s..=60s\"`".into(),
        ),
    }
}
