//! Reads `when`: the conditions of a rule.

use super::exit_codes::ExitCodeNames;
use super::keys;
use super::pattern::MAX_POLICY_POSITIONS;
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values::{self, span_within};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::failure::NameFact;
use crate::policy::Pattern;
use crate::policy::{Condition, Matcher, NameMatch, TextScope};
use std::collections::BTreeMap;
use std::ops::Range;

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
        if key != "exit_code" {
            report_repeated(value, out);
        }
        let condition = if key == "error" {
            values::one_or_more(value, out, error_name).map(Condition::Error)
        } else if key == "exit_code" {
            names.read_set(value, out).map(Condition::ExitCode)
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
        let help = "remove it, or add `exit_code`, `reason` or `container_reason`";
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
