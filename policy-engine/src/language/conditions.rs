//! Reads `when`: the conditions of a rule.

use super::duration;
use super::exit_codes::ExitCodeNames;
use super::keys;
use super::pattern::MAX_POLICY_POSITIONS;
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values::{self, span_within, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::failure::NameFact;
use crate::policy::Pattern;
use crate::policy::{Condition, ExitCodeSet, Matcher, NameMatch, Seconds, TextScope, TimeRange};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeValue;

/// Reads the conditions of one `when`. Conditions on texts come last, because they take longest to
/// check; otherwise the order is that of the policy text.
pub(super) fn read(
    when: &Section<'_>,
    names: &mut ExitCodeNames,
    patterns: &mut PatternReader<'_>,
    out: &mut Diagnostics,
) -> Vec<Matcher> {
    when.only(keys::WHEN, out);
    let mut matchers = Vec::new();
    let mut complete = true;
    for (key, value) in when.members() {
        let key = key.get_ref();
        if key != "exit_code" && key != "other_exit_codes" {
            report_repeated(value, out);
        }
        let condition = if key == "error" {
            values::one_or_more(value, out, error_name).map(Condition::Error)
        } else if key == "exit_code" {
            names.read_set(value, out).map(Condition::ExitCode)
        } else if key == "other_exit_codes" {
            let codes = names.read_set(value, out);
            codes.map(|codes| Condition::OtherExitCodes(without_absent(codes, value, out)))
        } else if key == "ran_for" {
            values::one_or_more(value, out, time_range).map(Condition::RanFor)
        } else if let Some(fact) = NameFact::of_key(key) {
            let names = values::one_or_more(value, out, name);
            names.map(|names| Condition::Name(fact, names))
        } else if let Some(scope) = TextScope::ALL.into_iter().find(|scope| scope.key() == key) {
            let patterns = values::one_or_more(value, out, |it, out| patterns.read(it, out));
            patterns.map(|patterns| Condition::Text(scope, patterns))
        } else {
            continue;
        };
        complete &= condition.is_some();
        matchers.extend(condition.map(|condition| Matcher::new(condition, value.span())));
    }
    matchers.sort_by_key(|matcher| matches!(matcher.condition(), Condition::Text(..)));

    if when.table.keys().all(|key| key.get_ref() == "container") {
        let message = "`when` has no matcher";
        let problem = Diagnostic::new(Code::NoMatcher, when.span.clone(), message);
        let help = "add a matcher such as `exit_code` or `reason`; failures that no rule matches \
                    are for `[default]`";
        out.push(problem.label("no matcher here").help(help));
    }
    let looks_at_container = |it: &Matcher| it.condition().looks_at_container();
    if let Some(container) = when.get("container")
        && complete
        && !matchers.is_empty()
        && !matchers.iter().any(looks_at_container)
    {
        let message = "no matcher of this rule looks at a container";
        let problem = Diagnostic::new(Code::UnusedContainer, container.span(), message);
        let help =
            "remove it, or add `exit_code`, `other_exit_codes`, `reason` or `container_reason`";
        out.push(problem.label("without effect").help(help));
    }
    matchers
}

/// Reports the first name or pattern that a list has twice.
fn report_repeated(value: TomlNode<'_>, out: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for element in elements(value) {
        let Some(text) = element.get_ref().as_str() else {
            continue;
        };
        if let Some(first) = seen.insert(text, element.span()) {
            let message = format!("{} is listed twice", quoted(text));
            let problem = Diagnostic::new(Code::RepeatedValue, element.span(), message);
            let problem = problem.label("again here").help("remove one of them");
            out.push(problem.related(first, "listed here first"));
            return;
        }
    }
}

fn name(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<String> {
    let name = values::text(value, "\"name\"", out)?;
    if name.is_empty() || name.contains('*') {
        let message = format!("{} is not a name", quoted(name));
        let problem = Diagnostic::new(Code::BadMatchName, value.span(), message);
        let help = "write the name in full; only `error` takes a `*`, at its end";
        out.push(problem.label("matches nothing").help(help));
        return None;
    }
    Some(name.to_owned())
}

fn error_name(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<NameMatch> {
    match values::text(value, "\"States.Timeout\"", out)?.strip_suffix('*') {
        Some(prefix) if !prefix.contains('*') => Some(NameMatch::StartingWith(prefix.into())),
        _ => name(value, out).map(NameMatch::Exactly),
    }
}

/// Reports `absent` among the exit codes of other containers.
fn without_absent(codes: ExitCodeSet, value: TomlNode<'_>, out: &mut Diagnostics) -> ExitCodeSet {
    if codes.absent {
        let message = "`other_exit_codes` with `absent`";
        let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
        let help = "remove `\"absent\"`: containers without an exit code are not looked at";
        out.push(problem.label("not looked at").help(help));
    }
    codes
}

/// Reads a range of times.
fn time_range(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<TimeRange> {
    if let DeValue::Integer(_) = value.get_ref() {
        let help = "write `\"..90s\"` for less than that, or `\"90s..\"` for at least as long";
        return wrong_type(value, "a range of times", help, out);
    }
    let text = values::text(value, "\"..1m\"", out)?;
    let (label, help) = match parse_time_range(text) {
        Ok(range) => return Some(range),
        Err(why) => why,
    };
    let message = format!("{} is not a range of times", quoted(text));
    let problem = Diagnostic::new(Code::BadDuration, value.span(), message);
    out.push(problem.label(label).help(help));
    None
}

/// Parses a range of times. If that is not possible, returns a label and a help.
fn parse_time_range(text: &str) -> Result<TimeRange, (&'static str, String)> {
    let parse = |bound: &str| match bound {
        "" => Ok(None),
        bound => duration::parse(bound).map(Some),
    };
    let Some((start, end)) = text.split_once("..") else {
        let text = text.trim();
        let meant = duration::parse(text).map(|_| text.to_owned()).ok();
        let meant = meant.or_else(|| duration::meant(text));
        let meant = meant.as_deref().unwrap_or("1m");
        let help =
            format!("write `\"..{meant}\"` for less, or `\"{meant}..\"` for at least as long");
        return Err(("needs `..`", help));
    };
    let [start, end] = [start, end.trim_start_matches('=')].map(str::trim);
    let (start, end) = match (parse(start), parse(end)) {
        (Ok(start), Ok(end)) => (start, end),
        (Err(help), _) | (_, Err(help)) => {
            let meant = |bound: &str| match parse(bound) {
                Ok(_) => Some(bound.to_owned()),
                Err(_) => duration::meant(bound),
            };
            let range = meant(start).zip(meant(end));
            let range = range.map(|(start, end)| format!("write `\"{start}..{end}\"`"));
            return Err(("not durations", range.unwrap_or(help)));
        }
    };
    let range = TimeRange {
        start: start.unwrap_or(0),
        end,
    };
    let (label, help) = match (start, end) {
        (None, None) => (
            "no bound",
            "write one bound, for example `\"..1m\"`, or leave `ran_for` out".to_owned(),
        ),
        (Some(start), Some(end)) if end < start => (
            "the range is empty",
            format!("write `\"{}..{}\"`", Seconds(end), Seconds(start)),
        ),
        (_, Some(end)) if end == range.start => (
            "the range is empty",
            "the end is not included: write a later one".to_owned(),
        ),
        _ if text.contains("..=") => {
            let label = "the end of a range is not included";
            (label, format!("write `\"{range}\"`"))
        }
        _ => return Ok(range),
    };
    Err((label, help))
}

/// Reads the patterns of a policy, and adds up their sizes.
pub(super) struct PatternReader<'p> {
    policy: &'p str,
    /// Of all patterns so far.
    positions: usize,
}

impl<'p> PatternReader<'p> {
    pub(super) fn new(policy: &'p str) -> Self {
        Self {
            policy,
            positions: 0,
        }
    }

    fn read(&mut self, value: TomlNode<'_>, out: &mut Diagnostics) -> Option<Pattern> {
        let text = values::text(value, "'rate limit'", out)?;
        if let Some(span) = unlikely_character(text) {
            let span = span_within(self.policy, value, span);
            let message = "a character that never occurs";
            let problem = Diagnostic::new(Code::UnlikelyCharacter, span, message);
            let help = "in texts one `?` stands for each run of non-ASCII characters: write `.` or \
                        `\\?`; and write patterns in single quotes, because in double quotes TOML \
                        reads `\\b` as a backspace";
            out.push(problem.label("never found").help(help));
        }
        match Pattern::parse(text) {
            Ok(pattern) => {
                self.add(&pattern, value, out);
                Some(pattern)
            }
            Err(error) => {
                let message = match error.code {
                    Code::PatternTooLarge => "the pattern is too large",
                    _ => "the pattern is not valid",
                };
                let span = span_within(self.policy, value, error.span);
                let problem = Diagnostic::new(error.code, span, message);
                out.push(problem.label(error.label).help(error.help));
                None
            }
        }
    }

    /// Adds the size of a pattern. Reports the first one with which the policy has too many positions.
    fn add(&mut self, pattern: &Pattern, value: TomlNode<'_>, out: &mut Diagnostics) {
        let before = self.positions;
        self.positions = before.saturating_add(pattern.positions());
        if self.positions > MAX_POLICY_POSITIONS && before <= MAX_POLICY_POSITIONS {
            let message = "the patterns of the policy together are too large";
            let problem = Diagnostic::new(Code::PatternTooLarge, value.span(), message);
            let label = format!(
                "{} positions up to here, the most is {MAX_POLICY_POSITIONS}",
                self.positions
            );
            let help = "lower the repetition counts, or remove patterns: a search takes time for \
                        each position";
            out.push(problem.label(label).help(help));
        }
    }
}

/// Returns the position of the first character of a pattern that no text contains: a non-ASCII
/// character, or a control character such as the backspace that TOML reads in `"\b"`.
fn unlikely_character(pattern: &str) -> Option<Range<usize>> {
    let is_unlikely =
        |c: &char| !c.is_ascii() || (c.is_ascii_control() && !c.is_ascii_whitespace());
    let (at, c) = pattern.char_indices().find(|(_, c)| is_unlikely(c))?;
    Some(at..at + c.len_utf8())
}
