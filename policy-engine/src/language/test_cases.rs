//! Reads `[[test]]`: the failures of one execution, and the expected decisions.

use super::duration;
use super::exit_codes::{ExitCodeNames, ExitCodeSpec, ExitCodeUse};
use super::keys;
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, counted, quoted};
use crate::failure::{Container, ExitCode, Failure, NameFact, STOP_CODES, Text};
use crate::policy::{DEFAULT_RULE, Expectation, GivenFailure, Rule, TestCase, TestStep, Type};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use toml::de::DeValue;

/// Reads tests, with the parts of the policy that tests refer to.
pub(super) struct TestReader<'p> {
    /// The policy's `container`.
    pub(super) container: Option<&'p str>,
    pub(super) rules: &'p [Rule],
    pub(super) exit_codes: &'p mut ExitCodeNames,
}

/// A value with its position. `None` if the value could not be read.
type Placed<T> = (Range<usize>, Option<T>);

impl TestReader<'_> {
    /// Returns the tests that can be read; problems of the others are reported.
    pub(super) fn read(&mut self, root: &Section<'_>, out: &mut Diagnostics) -> Vec<TestCase> {
        let Some(value) = root.get("test") else {
            return Vec::new();
        };
        let help = "head each test with `[[test]]`";
        let Some(list) = values::list(value, "a list of tests", help, out) else {
            return Vec::new();
        };
        let mut names = BTreeMap::new();
        let tests = list.iter().filter_map(|test| {
            let section = Section::of(
                test,
                "`[[test]]`",
                "{ failures = [4], expect = [\"FATAL\"] }",
                out,
            )?;
            self.test(section, &mut names, out)
        });
        tests.collect()
    }

    fn test<'t>(
        &mut self,
        section: Section<'t>,
        names: &mut BTreeMap<&'t str, Range<usize>>,
        out: &mut Diagnostics,
    ) -> Option<TestCase> {
        section.only(keys::TEST, out);
        let name = test_name(&section, names, out);
        let failures = section.required("failures", "failures = [4]", out);
        let failures = failures.map(|value| self.each(value, out, Self::failure));
        let expect = section.required("expect", "expect = [\"FATAL\"]", out);
        let expect = expect.map(|value| self.each(value, out, Self::expectation));
        let (failures, expect) = (failures?, expect?);
        check_lengths(&section, &failures, &expect, out);
        check_nothing_after_fatal(&expect, out);
        let steps = failures.into_iter().zip(expect).map(|(given, expected)| {
            let ((given_span, given), (expected_span, expected)) = (given, expected);
            Some(TestStep {
                given: given?,
                given_span,
                expected: expected?,
                expected_span,
            })
        });
        let steps = steps.collect::<Option<_>>()?;
        Some(TestCase {
            name: name?,
            span: section.span,
            steps,
        })
    }

    fn each<'t, T>(
        &mut self,
        value: TomlNode<'t>,
        out: &mut Diagnostics,
        read: impl Fn(&mut Self, TomlNode<'t>, &mut Diagnostics) -> Option<T>,
    ) -> Vec<Placed<T>> {
        values::refuse_empty_list(value, out);
        elements(value)
            .iter()
            .map(|value| (value.span(), read(self, value, out)))
            .collect()
    }

    /// Reads one failure: an exit code, or a table of facts.
    fn failure(&mut self, value: TomlNode<'_>, out: &mut Diagnostics) -> Option<GivenFailure> {
        if let DeValue::Table(_) = value.get_ref() {
            return self.facts(
                &Section::of(value, "a failure", "{ exit_code = 4 }", out)?,
                out,
            );
        }
        if let DeValue::String(text) = value.get_ref()
            && let Some(meant) = other_fact(text).filter(|_| !self.exit_codes.contains(text))
        {
            let message = format!("{} is not an exit code", quoted(text));
            let problem = Diagnostic::new(Code::BadFailure, value.span(), message);
            out.push(
                problem
                    .label("not in `[exit_codes]`")
                    .help(format!("write `{meant}`")),
            );
            return None;
        }
        let exit_code = self.exit_code(value, out)?;
        let mut failure = self.task_failed(exit_code);
        failure.containers = vec![self.container(None, exit_code)];
        Some(GivenFailure::Facts(failure.into()))
    }

    /// Returns a failure with this exit code, with the other facts that such a failure usually has.
    fn task_failed(&self, exit_code: Option<ExitCode>) -> Failure<'static> {
        let mut failure = Failure::read(Some("States.TaskFailed"), None);
        if exit_code.is_some() {
            failure.set_name(NameFact::StopCode, "EssentialContainerExited");
        }
        failure
    }

    fn container(&self, name: Option<&str>, exit_code: Option<ExitCode>) -> Container<'static> {
        let name = name
            .or(self.container)
            .map(|name| Cow::Owned(name.to_owned()));
        Container {
            name,
            exit_code,
            ..Container::default()
        }
    }

    /// Reads a failure from a table: from its facts, or from the path of a recorded event.
    fn facts(&mut self, section: &Section<'_>, out: &mut Diagnostics) -> Option<GivenFailure> {
        section.only(keys::FAILURE, out);
        let text = |key, out: &mut Diagnostics| {
            let value = section.get(key)?;
            if let DeValue::Array(_) = value.get_ref() {
                let help = "write one string; each further one belongs to a failure of its own";
                return wrong_type(value, "a string", help, out);
            }
            values::text(value, "\"text\"", out)
        };
        if let Some(file) = section.get("file") {
            if section.table.len() > 1 {
                let message = "a file and facts of one failure";
                let problem = Diagnostic::new(Code::BadFailure, file.span(), message);
                let help =
                    "remove the other keys, or the file; the event in the file has all facts";
                out.push(problem.label("`file` excludes other keys").help(help));
            }
            return text("file", out).map(|path| GivenFailure::Event(path.to_owned()));
        }
        if section.table.is_empty() {
            let message = "a failure without facts";
            let problem = Diagnostic::new(Code::BadFailure, section.span.clone(), message);
            let help = "say what happened, for example `{ exit_code = 4 }` or \
                        `{ stop_code = \"SpotInterruption\" }`";
            out.push(problem.label("nothing here").help(help));
        }
        let exit_code = match section.get("exit_code") {
            Some(value) => self.exit_code(value, out)?,
            None => None,
        };
        let projected =
            |key, out: &mut Diagnostics| text(key, out).map(|text| Text::project(text.to_owned()));
        let mut failure = self.task_failed(exit_code);
        if let Some(error) = text("error", out) {
            failure.error = Some(error.to_owned().into());
        }
        for fact in NameFact::ALL {
            if let Some(name) = text(fact.key(), out) {
                failure.set_name(fact, name.to_owned());
            }
        }
        failure.stopped_reason = projected("stopped_reason", out);
        // Only the matcher `reason` examines these texts. So the fact `reason` meets that matcher,
        // and neither `stopped_reason` nor `container_reason`.
        failure.placement_reasons = projected("reason", out).into_iter().collect();
        let mut container = self.container(text("container", out), exit_code);
        container.reason = projected("container_reason", out);
        failure.containers = vec![container];
        Some(GivenFailure::Facts(failure.into()))
    }

    /// Reads one exit code. `Some(None)` stands for `"absent"`, `None` for a problem that is
    /// reported.
    fn exit_code(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<Option<ExitCode>> {
        match self
            .exit_codes
            .read_spec(value, ExitCodeUse::Failure, out)?
        {
            ExitCodeSpec::Absent => Some(None),
            ExitCodeSpec::Range(range) if range.start() == range.end() => {
                Some(ExitCode::new(*range.start()))
            }
            ExitCodeSpec::Range(range) => {
                let message = "a failure with a range of exit codes";
                let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
                let help = format!("write one of them, for example `{}`", range.start());
                out.push(problem.label("a failure has one code").help(help));
                None
            }
        }
    }

    fn expectation(&mut self, value: TomlNode<'_>, out: &mut Diagnostics) -> Option<Expectation> {
        match value.get_ref() {
            DeValue::String(text) => type_and_wait(text, value.span(), out),
            DeValue::Table(_) => self.expectation_table(
                &Section::of(value, "an expectation", "{ type = \"FATAL\" }", out)?,
                out,
            ),
            _ => {
                let help = "write `\"TEMPORARY\"`, `\"TEMPORARY 60s\"` or `\"FATAL\"`";
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
}

/// Reads the name of a test. `None` if it cannot be read; then that is reported.
fn test_name<'t>(
    section: &Section<'t>,
    names: &mut BTreeMap<&'t str, Range<usize>>,
    out: &mut Diagnostics,
) -> Option<String> {
    let value = section.required("name", "name = \"a bad input is final\"", out)?;
    let (name, span) = (
        values::text(value, "\"a bad input is final\"", out)?,
        value.span(),
    );
    if name.trim().is_empty() {
        let problem = Diagnostic::new(Code::BadName, span, "a test without a name");
        let help = "say what the test shows, for example `name = \"a bad input is final\"`";
        out.push(problem.label("no name").help(help));
    } else if let Some(first) = names.insert(name, span.clone()) {
        let message = format!("two tests are called {}", quoted(name));
        let problem = Diagnostic::new(Code::RepeatedName, span, message);
        let problem = problem.label("again here").help("rename one of them");
        out.push(problem.related(first, "named here first"));
    }
    Some(name.to_owned())
}

/// Returns a table for a text that is not the name of an exit code, but probably another fact of a
/// failure, for example a stop code. `None` if that is unclear.
fn other_fact(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let key = match text {
        _ if lower.starts_with("oom") || lower.starts_with("outofmemory") => {
            return Some("{ container_reason = \"OutOfMemoryError\" }".into());
        }
        _ if STOP_CODES.contains(&text) => "stop_code",
        _ if text.ends_with(".json") => "file",
        _ if text.starts_with("States.") || text.contains("ECS.") => "error",
        _ => return None,
    };
    Some(format!("{{ {key} = \"{text}\" }}"))
}

/// Reports a test with more or fewer expectations than failures.
fn check_lengths(
    section: &Section<'_>,
    failures: &[Placed<GivenFailure>],
    expect: &[Placed<Expectation>],
    out: &mut Diagnostics,
) {
    let (count, expected) = (failures.len(), expect.len());
    if count == 0 || expected == 0 {
        return;
    }
    let (span, label, shorter) = match (failures.get(expected), expect.get(count)) {
        (Some((span, _)), _) => (span, "no expectation follows this one", "expect"),
        (_, Some((span, _))) => (span, "no failure comes before this one", "failures"),
        (None, None) => return,
    };
    let message = format!(
        "{} and {}",
        counted(count, "failure"),
        counted(expected, "expectation")
    );
    let problem = Diagnostic::new(Code::TestLength, span.clone(), message);
    let help = "write one expectation for each failure, in the same order";
    let problem = problem.label(label).help(help);
    out.push(problem.related(section.span_of(shorter), "too short"));
}

fn check_nothing_after_fatal(expect: &[Placed<Expectation>], out: &mut Diagnostics) {
    for ((fatal, expectation), (next, _)) in expect.iter().zip(expect.iter().skip(1)) {
        if expectation
            .as_ref()
            .is_some_and(|it| it.type_ == Some(Type::Fatal))
        {
            let message = "an expectation after FATAL";
            let problem = Diagnostic::new(Code::BadExpectation, next.clone(), message);
            let help = "end the test with FATAL; put other failures into another test";
            let problem = problem.label("never reached").help(help);
            out.push(problem.related(fatal.clone(), "the execution ends here"));
        }
    }
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
        (Ok(type_), Some(_)) => ("only TEMPORARY waits", format!("write `\"{type_}\"`")),
        (Err(_), _) => {
            let types = Type::ALL.map(Type::as_str);
            let help = match closest(&word.to_ascii_uppercase(), types) {
                Some(meant) => format!("did you mean `\"{meant}\"`?"),
                None => {
                    "write `\"RETRIABLE\"`, `\"TEMPORARY\"`, `\"TEMPORARY 60s\"` or `\"FATAL\"`"
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
