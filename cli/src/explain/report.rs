//! What `explain` says, for people and for tools.

use crate::explain::recorded::{Answered, Asked, Execution, History};
use crate::output::text::{FAINT, NOTE, one_line, plural, style_of, wrapped};
use anyhow::Result;
use lambda::ErrorState;
use policy_engine::{
    Counters, Decision, Explanation, Failure, Matcher, Policy, RetryState, Rule, Tally, Verdict,
};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How much of a text from the failure is shown.
const SHOWN_CHARS: usize = 80;

/// How much of it is shown where the line has to fit a terminal.
const SHORT_CHARS: usize = 48;

/// One decision and what led to it.
pub(crate) struct Report<'r> {
    pub(crate) event: &'r str,
    /// The policy's file; nothing where the event brought the policy along.
    pub(crate) file: Option<&'r str>,
    pub(crate) policy: &'r Policy,
    pub(crate) state: &'r RetryState,
    pub(crate) decision: &'r Decision,
    pub(crate) failure: Option<&'r Failure<'r>>,
    /// Nothing where no rule was asked.
    pub(crate) explanation: Option<Explanation<'r, 'r>>,
    /// Where it comes from a history.
    pub(crate) asked: Option<&'r Asked>,
}

/// Whether a decision is the one that was made then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    Same,
    Differs,
    /// What was decided then is not known.
    Unknown,
}

/// The decision as the state machine gets it, and what led to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'r> {
    #[serde(flatten)]
    error_state: ErrorState<'r>,
    event: &'r str,
    /// Null where the event brought the policy along.
    file: Option<&'r str>,
    /// Of the deciding rule; null where none was asked.
    line: Option<usize>,
    before: Option<Before<'r>>,
    matched: Vec<Condition<'r>>,
    passed: Vec<PassedRule<'r>>,
    /// The number of the history's event.
    #[serde(skip_serializing_if = "Option::is_none")]
    history_event: Option<u64>,
    /// What ProcessError answered then.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<&'r Value>,
}

/// The counters before the decision.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Before<'r> {
    retry_count: u32,
    retries: &'r BTreeMap<String, u32>,
    waited_seconds: u64,
}

/// A condition, and what it was held against.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Condition<'r> {
    matcher: &'static str,
    value: &'r str,
    seen: Vec<String>,
}

/// A rule that was asked and did not match.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PassedRule<'r> {
    rule: &'r str,
    line: usize,
    #[serde(flatten)]
    condition: Condition<'r>,
}

impl<'r> Report<'r> {
    fn before(&self) -> Option<&'r Counters> {
        match self.state {
            RetryState::Readable(counters) => Some(counters),
            RetryState::Unreadable { .. } => None,
        }
    }

    fn passed(&self) -> Vec<PassedRule<'_>> {
        let passed = self
            .explanation
            .iter()
            .flat_map(|explanation| &explanation.passed);
        let rules = passed.map(|it| PassedRule {
            rule: it.rule.name(),
            line: it.rule.line(),
            condition: self.condition(it.matcher, &it.seen),
        });
        rules.collect()
    }

    /// The conditions of the deciding rule, with what met them.
    fn matched(&self) -> Vec<Condition<'_>> {
        let Some((explanation, failure)) = self.explanation.as_ref().zip(self.failure) else {
            return Vec::new();
        };
        let rule = explanation.deciding;
        let found = |matcher: &'r Matcher| {
            self.condition(matcher, &matcher.found(self.policy, rule, failure))
        };
        rule.matchers().iter().map(found).collect()
    }

    fn condition(&self, matcher: &Matcher, seen: &[Cow<'_, str>]) -> Condition<'_> {
        Condition {
            matcher: matcher.key(),
            value: self.policy.source().get(matcher.span()).unwrap_or_default(),
            seen: seen
                .iter()
                .map(|seen| one_line(seen, SHOWN_CHARS))
                .collect(),
        }
    }

    fn answer(&self) -> Option<&'r Value> {
        match &self.asked?.answered {
            Answered::With(answer) => Some(answer),
            Answered::NotAsked | Answered::Unknown | Answered::Failed(_) => None,
        }
    }

    /// Whether what was answered then is what is decided here; keys that another program left out do not count.
    pub(crate) fn agreement(&self) -> Agreement {
        let Some(answer) = self.answer() else {
            return Agreement::Unknown;
        };
        let here =
            serde_json::to_value(ErrorState::new(self.decision, self.policy)).unwrap_or_default();
        let same = |key: &&str| {
            answer
                .get(key)
                .is_none_or(|then| Some(then) == here.get(key))
        };
        let same = ["type", "retryCount", "waitSeconds", "rule", "error"]
            .iter()
            .all(same);
        if same {
            Agreement::Same
        } else {
            Agreement::Differs
        }
    }

    pub(crate) fn json(&self) -> Result<String> {
        let before = self.before().map(|counters| Before {
            retry_count: counters.retry_count(),
            retries: counters.retries(),
            waited_seconds: counters.waited_seconds(),
        });
        let line = Line {
            error_state: ErrorState::new(self.decision, self.policy),
            event: self.event,
            file: self.file,
            line: self
                .explanation
                .as_ref()
                .map(|explanation| explanation.deciding.line()),
            before,
            matched: self.matched(),
            passed: self.passed(),
            history_event: self.asked.map(|asked| asked.id),
            then: self.answer(),
        };
        Ok(serde_json::to_string(&line)?)
    }

    /// All but the rules that did not match.
    pub(crate) fn text(&self) -> String {
        let decision = self.decision;
        let style = style_of(decision.verdict.type_name());
        let attempt = match (self.asked, self.before()) {
            (Some(_), Some(counters)) => format!(", attempt {}", counters.retry_count() + 1),
            _ => String::new(),
        };
        let more = match decision.verdict {
            Verdict::Retriable => ", again at once".to_owned(),
            Verdict::Temporary { wait_seconds } => format!(", again after {wait_seconds} s"),
            Verdict::Fatal(_) => format!(", {}", decision.error),
        };
        let mut text = format!(
            "{}{attempt}: {style}{}{style:#}{more}\n",
            self.event,
            decision.verdict.type_name()
        );
        match &self.explanation {
            Some(explanation) => self.write_rule(&mut text, explanation.deciding),
            None => drop(writeln!(text, "  what:     {}", decision.cause)),
        }
        if let Some(asked) = self.asked {
            self.write_then(&mut text, asked);
        }
        text
    }

    fn write_rule(&self, text: &mut String, rule: &Rule) {
        let (what, why) = self
            .decision
            .cause
            .split_once("; rule ")
            .unwrap_or((&self.decision.cause, ""));
        let why = why.split_once("): ").map_or(why, |(_, why)| why);
        let _ = writeln!(text, "  what:     {what}");
        let _ = writeln!(
            text,
            "  rule:     {} ({}): {why}",
            rule.name(),
            self.place(rule)
        );
        let matched: Vec<_> = self
            .matched()
            .iter()
            .flat_map(|condition| condition.told("found"))
            .collect();
        text.push_str(&wrapped("  matched:  ", &matched));
        let Some(before) = self.before() else { return };
        let after = &self.decision.counters;
        let (was, is) = (
            Tally::of(self.policy, rule, before),
            Tally::of(self.policy, rule, after),
        );
        let own = match rule.max_retries() {
            0 => String::new(),
            most => format!(", {} -> {} of {most} by this rule", was.own, is.own),
        };
        let (counted, most) = (
            format!("{} -> {}", was.counted, is.counted),
            self.policy.limits().max_retries,
        );
        let in_all = format!("{} -> {} in all", before.retry_count(), after.retry_count());
        let _ = writeln!(
            text,
            "  retries:  {in_all}{own}, {counted} of {most} counted"
        );
        let _ = writeln!(
            text,
            "  waited:   {} -> {} s",
            before.waited_seconds(),
            after.waited_seconds()
        );
    }

    /// What came of it then, where that is not the same.
    fn write_then(&self, text: &mut String, asked: &Asked) {
        let then = match &asked.answered {
            Answered::With(answer) if self.agreement() == Agreement::Differs => {
                let key = |key| {
                    answer
                        .get(key)
                        .map(|value| one_line(&plain(value), SHOWN_CHARS))
                        .unwrap_or_default()
                };
                format!(
                    "{} after {} s, rule {}, policy {}",
                    key("type"),
                    key("waitSeconds"),
                    key("rule"),
                    key("policy")
                )
            }
            Answered::With(_) => return,
            Answered::Failed(name) => {
                format!("ProcessError failed: {}", one_line(name, SHOWN_CHARS))
            }
            Answered::NotAsked => {
                "ProcessError was not asked; this is what it would say of a first failure".into()
            }
            Answered::Unknown => "no answer is recorded".into(),
        };
        let _ = writeln!(text, "  {NOTE}then{NOTE:#}:     {then}");
    }

    /// The rules that did not match, by what their conditions saw.
    pub(crate) fn passed_text(&self) -> String {
        let mut groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for PassedRule {
            rule,
            line,
            condition,
        } in self.passed()
        {
            let (saw, rule) = (condition.told("saw"), format!("{rule} (line {line})"));
            match groups.iter_mut().find(|(known, _)| *known == saw) {
                Some((_, rules)) => rules.push(rule),
                None => groups.push((saw, vec![rule])),
            }
        }
        let lines = groups.into_iter().enumerate().map(|(n, (mut saw, rules))| {
            if let Some(last) = saw.last_mut() {
                last.push(':');
            }
            let label = if n == 0 {
                "  not:      "
            } else {
                "            "
            };
            format!(
                "{FAINT}{}{}{FAINT:#}",
                wrapped(label, &saw),
                wrapped("              ", &rules)
            )
        });
        lines.collect()
    }

    fn place(&self, rule: &Rule) -> String {
        match (self.file, rule.line()) {
            (Some(file), 0) => format!("{file} has no [default]"),
            (Some(file), line) => format!("{file}:{line}"),
            (None, 0) => "the event's policy has no [default]".into(),
            (None, line) => format!("line {line} of the event's policy"),
        }
    }
}

impl Condition<'_> {
    /// The condition and the texts it saw, with commas to come between them.
    fn told(&self, verb: &str) -> Vec<String> {
        let mut seen = self
            .seen
            .iter()
            .map(|text| format!("`{}`", one_line(text, SHORT_CHARS)));
        let first = seen.next().unwrap_or_else(|| "nothing".into());
        std::iter::once(format!("{} {verb} {first}", self.matcher))
            .chain(seen)
            .collect()
    }
}

/// A JSON value as people write it.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What is to be said after the decisions of a history.
pub(crate) fn of_history(name: &str, history: &History, agreements: &[Agreement]) -> String {
    let end = match &history.end {
        Some(end) => {
            let error = end
                .error
                .as_ref()
                .map(|error| format!(": {}", one_line(error, SHOWN_CHARS)));
            format!(
                "the execution {}{}",
                end.in_words(),
                error.unwrap_or_default()
            )
        }
        None => "the execution has not ended, as far as the history tells".into(),
    };
    let mut lines = vec![format!("{name}: {end}")];
    let decisions = agreements.len();
    let count = |which| {
        agreements
            .iter()
            .filter(|agreement| **agreement == which)
            .count()
    };
    let (same, differ) = (count(Agreement::Same), count(Agreement::Differs));
    if differ > 0 {
        lines
            .push(format!("{differ} of {decisions} decisions differ from those made then: the policy was another one"));
    } else if same > 0 && same == decisions {
        lines.push(format!(
            "{decisions} decision{}, as made then",
            plural(decisions)
        ));
    } else if decisions == 0 && history.without_data == 0 {
        lines.push(
            "no task failed and ProcessError was not asked: there is no decision to explain".into(),
        );
    }
    if history.without_data > 0 {
        let count = history.without_data;
        lines.push(format!(
            "{count} decision{} cannot be explained: the history has no data",
            plural(count)
        ));
        lines.push("ask for it without --no-include-execution-data".into());
    }
    if history.cut {
        lines.push(
            "more events follow: ask for the history without --max-items and --no-paginate".into(),
        );
    }
    lines.join("\n  ") + "\n"
}

/// What an execution without its history tells.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told<'t> {
    event: &'t str,
    file: &'t str,
    status: &'t str,
    error: Option<&'t str>,
    cause: Option<&'t str>,
    meaning: String,
    /// Of the rule that the error names, where the policy has it.
    line: Option<usize>,
    #[serde(skip)]
    arn: Option<&'t str>,
    #[serde(skip)]
    rule: Option<String>,
}

pub(crate) fn of_execution<'t>(
    name: &'t str,
    execution: &'t Execution,
    file: &'t str,
    policy: &Policy,
) -> Told<'t> {
    let end = &execution.end;
    let error = end.error.as_deref();
    let named = error
        .and_then(|error| error.split_once('.'))
        .filter(|(kind, _)| ["Fatal", "RetriesExhausted"].contains(kind));
    let rule = named.map(|(_, name)| {
        (
            name,
            policy
                .rules()
                .iter()
                .chain([policy.default_rule()])
                .find(|rule| rule.name() == name),
        )
    });
    let described = rule.map(|(name, rule)| match rule {
        None => {
            format!("{file} has no rule {name}: name the policy that was deployed with --policy")
        }
        Some(rule) => {
            format!(
                "{name} ({file}:{}), {}, max_retries {}",
                rule.line(),
                rule.action(),
                rule.max_retries()
            )
        }
    });
    Told {
        event: name,
        file,
        status: &end.status,
        error,
        cause: end.cause.as_deref(),
        meaning: meaning(&end.status, error).to_owned(),
        line: rule.and_then(|(_, rule)| Some(rule?.line())),
        arn: execution.arn.as_deref(),
        rule: described,
    }
}

/// What it means that an execution ended so.
fn meaning(status: &str, error: Option<&str>) -> &'static str {
    match status {
        "SUCCEEDED" => return "the task succeeded in the end",
        "RUNNING" => return "it has not ended yet",
        "TIMED_OUT" => return "it ran longer than the state machine allows",
        "ABORTED" => return "somebody stopped it",
        _ => {}
    }
    let Some(error) = error else {
        return "no error is recorded";
    };
    match error.split_once('.').map_or(error, |(kind, _)| kind) {
        "Fatal" => "a rule that never runs again decided",
        "RetriesExhausted" => {
            "the retries of the rule, or those of limits.max_retries, are used up"
        }
        "WaitBudgetSpent" => "the next wait would take the waits over limits.max_total_wait",
        "DeadlineReached" => "the next wait would end after limits.max_elapsed",
        "InvalidEvent" => {
            "ProcessError got no failure: the state machine passes none, or under another name"
        }
        "InvalidErrorState" => {
            "ProcessError got counters that cannot be true, which would bound nothing"
        }
        "InvalidInput" => {
            "the execution's input has no list of texts `commands`: no task was started"
        }
        "UnknownDecision" => "ProcessError answered with no type that the state machine knows",
        "Policy" => {
            "the policy in the state machine's definition has errors: run exitwise check on it"
        }
        "Handler" => "a bug in ProcessError: its log says where",
        "Lambda" => "ProcessError could not be asked, and went on failing",
        _ => "Step Functions ended it, and nothing catches this error",
    }
}

impl Told<'_> {
    pub(crate) fn text(&self) -> String {
        let shown = |text: Option<&str>| text.map(|text| one_line(text, 1_024));
        let lines = [
            ("error:", shown(self.error)),
            ("cause:", shown(self.cause)),
            ("meaning:", Some(self.meaning.clone())),
            ("rule:", self.rule.clone()),
            (
                "missing:",
                Some("the failures and the other decisions, which only the history has:".into()),
            ),
        ];
        let lines = lines
            .into_iter()
            .filter_map(|(label, what)| Some(format!("  {label:<9} {}\n", what?)));
        let (status, arn) = (
            one_line(self.status, SHOWN_CHARS),
            one_line(self.arn.unwrap_or("ARN"), 256),
        );
        let ask = format!(
            "aws stepfunctions get-execution-history --output json --execution-arn {arn} | exitwise explain -"
        );
        format!(
            "{}: the execution is {status}\n{}    {ask}\n",
            self.event,
            lines.collect::<String>()
        )
    }
}
