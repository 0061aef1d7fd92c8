//! The report of `explain` about one decision, as text and as JSON.

use crate::json::{FORMAT, sorted};
use crate::layout::{FAINT, NOTE, one_line, paragraph, style_of, width, wrapped};
use crate::next_run;
use exitwise_engine::analysis::{Explanation, PassedRule};
use exitwise_engine::decision::{Counters, Incident, Tally};
use exitwise_engine::failure::Source;
use exitwise_engine::policy::{Jitter, Matcher, Rule, Seconds};
use exitwise_engine::{Decision, Failure, Policy, RetryState, Verdict};
use exitwise_evidence::history::{Call, RecordedAnswer};
use exitwise_lambda::ErrorState;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Maximum length of a text from the failure, in characters.
const MAX_TEXT_CHARS: usize = 80;

/// Number of characters to leave beside a text from the failure, for the indentation and a matcher.
const BESIDE_TEXT: usize = 32;

/// Number of characters of a text from the failure that are printed even if the line gets too long.
const MIN_TEXT_CHARS: usize = 24;

/// The beginning of a line that continues another one.
const INDENT: &str = "            ";

/// The keys of an answer that make two decisions the same.
const COMPARED_KEYS: [&str; 7] = [
    "type",
    "retryCount",
    "waitSeconds",
    "rule",
    "error",
    "outcome",
    "run",
];

/// One decision, with everything that led to it.
pub(crate) struct DecisionReport<'r> {
    /// The name of the recording.
    pub(crate) event: &'r str,
    /// The name of the policy file. `None` if the policy is in the event.
    pub(crate) file: Option<&'r str>,
    pub(crate) policy: &'r Policy,
    pub(crate) state: &'r RetryState,
    pub(crate) decision: &'r Decision,
    /// The failure and the explanation. `None` if the rules were not checked.
    pub(crate) explained: Option<(&'r Failure<'r>, Explanation<'r, 'r>)>,
    /// The call in a history. `None` for a single event.
    pub(crate) call: Option<&'r Call>,
    /// What to say about the recording.
    pub(crate) note: Option<String>,
}

/// Whether a decision equals the recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    Same,
    Differs,
    /// No decision was recorded.
    Unknown,
}

/// The report as JSON: the decision as the state machine receives it, and what led to it.
///
/// The keys are in alphabetical order, as in all JSON that exitwise prints. A history can have
/// thousands of failures, so the report is written without a tree of values.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportLine<'r> {
    before: Option<CountersBefore<'r>>,
    cause: String,
    /// The number of times that the state had been entered, if more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<usize>,
    error: String,
    event: &'r str,
    /// The failure in words; null if the rules were not checked.
    failure: Option<String>,
    format: u32,
    /// The `id` of the event in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    history_event: Option<u64>,
    /// The line of the deciding rule; null if the rules were not checked.
    line: Option<usize>,
    matched: Vec<CheckedCondition<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'r str>,
    passed: Vec<PassedOver<'r>>,
    /// The file; in an errorState, it is the hash.
    policy: Option<&'r str>,
    policy_hash: &'r str,
    /// The names of what holds the facts of the failure, the outermost first. Empty for an ECS task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_from: Vec<&'static str>,
    retries: &'r BTreeMap<String, u32>,
    retries_left: u32,
    retry_count: u32,
    rule: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Value>,
    /// The path of the woven state, with the numbers of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'r str>,
    /// The recorded decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<Value>,
    r#type: &'static str,
    wait_seconds: u32,
    waited_seconds: u64,
}

/// The counters before the decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountersBefore<'r> {
    retries: &'r BTreeMap<String, u32>,
    retry_count: u32,
    waited_seconds: u64,
}

/// A condition that holds, and the values of the failure that meet it.
#[derive(Serialize)]
struct CheckedCondition<'r> {
    matcher: &'static str,
    seen: Vec<Cow<'r, str>>,
    value: &'r str,
}

/// A rule before the deciding one, with its first condition that did not hold, and the values of the
/// failure with which that was compared.
#[derive(Serialize)]
struct PassedOver<'r> {
    line: usize,
    matcher: &'static str,
    rule: &'r str,
    seen: &'r [Cow<'r, str>],
    value: &'r str,
}

impl<'r> DecisionReport<'r> {
    pub(crate) fn agreement(&self) -> Agreement {
        let Some(recorded) = self.call.and_then(Call::decision) else {
            return Agreement::Unknown;
        };
        let state = ErrorState::new(self.decision, self.policy);
        let decided = serde_json::to_value(state).unwrap_or_default();
        // A recorded answer may come from another program, which may not have all keys.
        let agrees = |key: &str| {
            recorded
                .get(key)
                .is_none_or(|it| Some(it) == decided.get(key))
        };
        let is_known = |key: &&str| *key != "waitSeconds" || self.is_delay_known();
        if COMPARED_KEYS.into_iter().filter(is_known).all(agrees) {
            Agreement::Same
        } else {
            Agreement::Differs
        }
    }

    /// Returns whether the delay is that of the execution: it has no jitter, or the id is known on which
    /// jitter depends.
    fn is_delay_known(&self) -> bool {
        let decided = self.explained.as_ref();
        let backoff = decided.and_then(|(_, explanation)| explanation.deciding.backoff());
        let has_jitter = backoff.is_some_and(|backoff| backoff.jitter() != Jitter::None);
        !has_jitter || self.call.is_none_or(|call| call.is_jitter_known)
    }

    /// Writes the report as JSON on one line.
    pub(crate) fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        let before = self.counters_before().map(|counters| CountersBefore {
            retries: counters.retries(),
            retry_count: counters.retry_count(),
            waited_seconds: counters.waited_seconds(),
        });
        let ErrorState {
            r#type,
            retry_count,
            wait_seconds,
            rule,
            outcome,
            error,
            cause,
            retries,
            run,
            retries_left,
            waited_seconds,
            policy: policy_hash,
        } = ErrorState::new(self.decision, self.policy);
        let line = ReportLine {
            before,
            cause,
            entry: self.call.and_then(|call| call.entry),
            error,
            event: self.event,
            failure: self.decision.incident.as_ref().map(Incident::to_string),
            format: FORMAT,
            history_event: self.call.map(|call| call.event_id),
            line: self.decision.rule.as_ref().map(|rule| rule.line),
            matched: self.matched(),
            outcome,
            passed: self.passed().collect(),
            policy: self.file,
            policy_hash,
            read_from: self.source().names(),
            retries,
            retries_left,
            retry_count,
            rule,
            run: run.map(serde_json::to_value).transpose()?.map(sorted),
            state: self.call.and_then(|call| call.state.as_deref()),
            then: self.call.and_then(Call::decision).cloned().map(sorted),
            r#type: r#type.as_str(),
            wait_seconds,
            waited_seconds,
        };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)
    }

    /// Returns the report as text, except the rules that did not match.
    pub(crate) fn text(&self) -> String {
        let Self {
            event, decision, ..
        } = self;
        let type_ = decision.verdict.to_type();
        let style = style_of(type_);
        // Attempts that the policy would not have made have a number, too.
        let recorded = self.call.and_then(Call::attempt).map(|it| it.index + 1);
        let counted = self.call.and(self.counters_before());
        let counted = counted.and_then(|it| usize::try_from(it.retry_count() + 1).ok());
        let attempt = recorded
            .or(counted)
            .map(|number| format!(", attempt {number}"));
        let attempt = attempt.unwrap_or_default();
        let next = match decision.verdict {
            Verdict::Retriable => "again at once".to_owned(),
            Verdict::Temporary { wait_seconds } => {
                format!("again after {}", Seconds(wait_seconds.into()))
            }
            Verdict::Fatal(_) => decision.error(),
            Verdict::Success => format!(
                "outcome {}",
                decision.outcome.as_deref().unwrap_or_default()
            ),
        };
        let state = self.call.and_then(|call| call.state.as_deref());
        let state = state.map(|state| format!(", {state}")).unwrap_or_default();
        let entry = self.call.and_then(|call| call.entry);
        let entry = entry
            .map(|entry| format!(", entry {entry}"))
            .unwrap_or_default();
        let heading = format!("{event}{state}{entry}{attempt}: {style}{type_}{style:#}, {next}");
        let mut text = paragraph(&heading, "", "  ");
        match (&self.explained, &decision.incident) {
            (Some((_, explanation)), Some(incident)) => {
                text += &self.rule_lines(incident, explanation.deciding);
            }
            _ => text += &paragraph(&format!("{:#}", decision.reason), "  reason:   ", INDENT),
        }
        if !self.is_delay_known() {
            let label = format!("  {NOTE}jitter{NOTE:#}:   ");
            let why = "the history lacks the id on which it depends, so the delay is another one";
            text += &paragraph(why, &label, INDENT);
        }
        let recorded = self.call.and_then(|call| self.recorded(call));
        if let Some(recorded) = self.note.clone().or(recorded) {
            let label = format!("  {NOTE}recorded{NOTE:#}: ");
            text += &paragraph(&recorded, &label, INDENT);
        }
        text
    }

    /// Returns the lines about the failure, the deciding rule and the counters.
    fn rule_lines(&self, incident: &Incident, rule: &Rule) -> String {
        let Self {
            policy, decision, ..
        } = self;
        let (place, reason) = (self.place_of(rule), decision.reason);
        let mut text = paragraph(&incident.to_string(), "  failure:  ", INDENT);
        let source = self.source();
        if source != Source::default() {
            text += &paragraph(&source.to_string(), "  source:   ", INDENT);
        }
        if let Some(missing) = &incident.missing_container {
            text += &paragraph(&missing.help(), "  help:     ", INDENT);
        }
        let decided = format!("{} ({place}): {reason:#}", rule.name());
        text += &paragraph(&decided, "  rule:     ", INDENT);
        let matched = self.matched();
        let words = |it: &CheckedCondition<'_>| words(it.matcher, &it.seen);
        let matched: Vec<_> = matched.iter().flat_map(words).collect();
        text += &wrapped("  matched:  ", &matched);
        let Some(before) = self.counters_before() else {
            return text;
        };
        let after = &decision.counters;
        let (tally_before, tally_after) = (Tally::of(policy, before), Tally::of(policy, after));
        let own = match rule.max_retries() {
            0 => String::new(),
            max => {
                let (before, after) = (tally_before.own(rule), tally_after.own(rule));
                format!(", {before} -> {after} of {max} by this rule")
            }
        };
        let retries = format!(
            "{} -> {} in total{own}, {} -> {} of {} counted",
            before.retry_count(),
            after.retry_count(),
            tally_before.counted(),
            tally_after.counted(),
            policy.limits().max_retries,
        );
        text += &paragraph(&retries, "  retries:  ", INDENT);
        text += &self.charged_line(before);
        let [before, after] = [before, after].map(|it| Seconds(it.waited_seconds()));
        let _ = writeln!(text, "  waited:   {before} -> {after}");
        if let Some(next) = decision.next_run() {
            text += &paragraph(&next_run::described(next), "  next run: ", INDENT);
        }
        text
    }

    /// Describes the retries so far that no rule of the policy allowed. Empty if all are explained.
    fn charged_line(&self, before: &Counters) -> String {
        let by_rules = before.retries().iter();
        let unknown = by_rules.filter(|(name, _)| self.policy.rule(name).is_none());
        let unknown: Vec<_> = unknown
            .map(|(name, times)| format!("{name} ×{times}"))
            .collect();
        match unknown.is_empty() {
            true => String::new(),
            false => {
                let unknown = unknown.join(", ");
                let charged =
                    format!("{unknown}: not in this policy, so it counts against every rule");
                paragraph(&charged, "  charged:  ", INDENT)
            }
        }
    }

    /// The recorded answer. `None` if it is the same decision.
    fn recorded(&self, call: &Call) -> Option<String> {
        match &call.answer {
            RecordedAnswer::Decision(decision) => {
                let key = |key| decision.get(key).map(plain).unwrap_or_default();
                let wait = decision.get("waitSeconds").and_then(Value::as_u64);
                let (type_, wait) = (key("type"), Seconds(wait.unwrap_or(0)));
                let (rule, policy) = (key("rule"), key("policy"));
                let extras = recorded_extras(decision);
                (self.agreement() == Agreement::Differs)
                    .then(|| format!("{type_} after {wait}{extras}, rule {rule}, policy {policy}"))
            }
            RecordedAnswer::Error(name) => Some(format!(
                "ProcessError failed: {}",
                one_line(name, MAX_TEXT_CHARS)
            )),
            RecordedAnswer::NotCalled => None,
            RecordedAnswer::Missing => Some("no answer".into()),
        }
    }

    /// Returns the lines about the rules that did not match, grouped by the values with which their
    /// conditions were compared.
    pub(crate) fn passed_text(&self) -> String {
        let mut groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for PassedOver {
            rule,
            line,
            matcher,
            seen,
            ..
        } in self.passed()
        {
            let (words, rule) = (words(matcher, seen), format!("{rule} (line {line})"));
            match groups.iter_mut().find(|(known, _)| *known == words) {
                Some((_, rules)) => rules.push(rule),
                None => groups.push((words, vec![rule])),
            }
        }
        let mut label = "  no match: ";
        let mut text = String::new();
        for (mut words, rules) in groups {
            words.last_mut().into_iter().for_each(|last| last.push(':'));
            let (words, rules) = (wrapped(label, &words), wrapped("              ", &rules));
            text += &format!("{FAINT}{words}{rules}{FAINT:#}");
            label = "            ";
        }
        text
    }

    /// Returns the positions of the rules that did not match, with the values that their conditions
    /// were compared with.
    pub(crate) fn passed_rules(&self) -> Vec<(usize, Vec<String>)> {
        let passed = self.passed_explained();
        let rules = passed.map(|passed| {
            let seen = passed.seen.iter().map(|text| text.to_string());
            (passed.rule.position(), seen.collect())
        });
        rules.collect()
    }

    fn passed_explained(&self) -> impl Iterator<Item = &PassedRule<'r, 'r>> {
        let explained = self.explained.iter();
        explained.flat_map(|(_, explanation)| &explanation.passed)
    }

    fn counters_before(&self) -> Option<&'r Counters> {
        match self.state {
            RetryState::Readable(counters) => Some(counters),
            RetryState::Unreadable { .. } => None,
        }
    }

    fn passed(&self) -> impl Iterator<Item = PassedOver<'_>> {
        self.passed_explained().map(|passed| PassedOver {
            line: passed.rule.line(),
            matcher: passed.matcher.key(),
            rule: passed.rule.name(),
            seen: &passed.seen,
            value: self.value_of(passed.matcher),
        })
    }

    /// Returns what the failure was read from.
    fn source(&self) -> Source {
        let failure = self.explained.as_ref().map(|(failure, _)| failure.source);
        failure.unwrap_or_default()
    }

    /// Returns the conditions of the deciding rule, with the values that meet them.
    fn matched(&self) -> Vec<CheckedCondition<'_>> {
        let Some((failure, explanation)) = &self.explained else {
            return Vec::new();
        };
        let rule = explanation.deciding;
        let seen = failure.seen(rule.container());
        let matchers = rule.matchers().iter();
        let checked = matchers.map(|matcher| CheckedCondition {
            matcher: matcher.key(),
            seen: matcher.found(&seen),
            value: self.value_of(matcher),
        });
        checked.collect()
    }

    /// Returns the value of a condition, as written in the policy.
    fn value_of(&self, matcher: &Matcher) -> &str {
        self.policy.source().get(matcher.span()).unwrap_or_default()
    }

    fn place_of(&self, rule: &Rule) -> String {
        match (self.file, rule.line()) {
            (Some(file), 0) => format!("{file} has no [default]"),
            (Some(file), line) => format!("{file}:{line}"),
            (None, 0) => "the event's policy has no [default]".into(),
            (None, line) => format!("line {line} of the event's policy"),
        }
    }
}

/// Returns a matcher with its values, as items to join with commas: "reason `a`", "`b`".
fn words(matcher: &str, seen: &[Cow<'_, str>]) -> Vec<String> {
    let max_chars = width().saturating_sub(BESIDE_TEXT).max(MIN_TEXT_CHARS);
    let texts = seen.iter();
    let mut texts = texts.map(|text| format!("`{}`", one_line(text, max_chars)));
    let first = texts.next().unwrap_or_else(|| "absent".into());
    let first = format!("{matcher} {first}");
    std::iter::once(first).chain(texts).collect()
}

/// Describes the recorded outcome, and what the recorded next run got. Empty if there is neither.
fn recorded_extras(decision: &Value) -> String {
    let outcome = decision.get("outcome").map(plain);
    let outcome = outcome.map(|outcome| format!(", outcome {outcome}"));
    let run = decision.get("run").and_then(Value::as_object);
    let run = run.map(|run| {
        let parts: Vec<_> = run
            .iter()
            .map(|(key, value)| format!("{key} {}", plain(value)))
            .collect();
        format!(", next run {}", parts.join(" "))
    });
    outcome.unwrap_or_default() + &run.unwrap_or_default()
}

/// Returns a JSON value on one line; strings without quotes.
fn plain(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    one_line(&text, MAX_TEXT_CHARS)
}
