//! Turns a failure into a decision.

use super::counters::{Counters, ExecutionContext, RetryState};
use super::incident::Incident;
use super::next_run::NextRun;
use super::reason::Reason;
use super::tally::Tally;
use super::verdict::{FatalKind, Verdict};
use crate::failure::Failure;
use crate::policy::{Draw, Jitter, MAX_RETRIES, Policy, Retry, Rule, Type};

/// The rule name in a decision that was made without checking the rules.
pub const NO_RULE: &str = "none";

/// Maximum length of a decision's `cause`, in characters: a screenful.
const MAX_CAUSE_CHARS: usize = 1_024;

/// A decision: the verdict, the rule that handled the failure, the reason, and the counters after
/// the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// What to do next.
    pub verdict: Verdict,
    /// The rule that handled the failure. `None` if the rules were not checked.
    pub rule: Option<DecidingRule>,
    /// The failure, reduced to the facts that may be printed. `None` if the rules were not checked.
    pub incident: Option<Incident>,
    /// The reason for the verdict.
    pub reason: Reason,
    /// The outcome of the execution. `None` unless the verdict is SUCCESS.
    pub outcome: Option<String>,
    /// The counters for the next decision. After FATAL and SUCCESS they are the same as before.
    pub counters: Counters,
    /// The resources that a next run would get. `None` if the policy cannot change them.
    pub run: Option<NextRun>,
    /// Number of counted retries that `limits.max_retries` still allows after the decision. 0 if
    /// the counters are unusable.
    pub retries_left: u32,
    /// The retry count to report, `0..=1001`. Usually it is the one in `counters`. It is one more
    /// if a FATAL rule handled the failure while counted retries were left, as in the original
    /// demo. If the counters are unusable, it is the count in the event, or 0 if that is also
    /// unusable.
    pub retry_count: u32,
}

/// The name and the line of the rule that handled a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecidingRule {
    /// The name of the rule; `default` for `[default]`.
    pub name: String,
    /// The line of the policy text on which the rule starts, from 1; 0 for an implied `[default]`.
    pub line: usize,
}

impl Decision {
    /// Returns the decision for an unusable event: FATAL, with unchanged counters.
    pub fn invalid_event(policy: &Policy, state: &RetryState, why: &'static str) -> Self {
        Self::without_rule(policy, state, Reason::InvalidEvent(why))
    }

    fn without_rule(policy: &Policy, state: &RetryState, reason: Reason) -> Self {
        let (counters, retry_count, retries_left) = match state {
            RetryState::Readable(counters) => (
                counters.clone().without_zeros(),
                counters.retry_count(),
                Tally::of(policy, counters).retries_left(policy),
            ),
            RetryState::Unreadable { retry_count } => (Counters::default(), *retry_count, 0),
        };
        let verdict = reason.verdict();
        Self {
            verdict,
            rule: None,
            incident: None,
            reason,
            outcome: None,
            run: NextRun::of(policy, &counters),
            counters,
            retries_left,
            retry_count,
        }
    }

    /// Returns the name of the rule that handled the failure, or `none` if the rules were not
    /// checked.
    pub fn rule_name(&self) -> &str {
        self.rule.as_ref().map_or(NO_RULE, |rule| &rule.name)
    }

    /// Returns the resources of the next run. `None` if the execution ends, or if the policy cannot
    /// change them.
    pub fn next_run(&self) -> Option<&NextRun> {
        self.run.as_ref().filter(|_| !self.verdict.is_final())
    }

    /// Returns the error name for a Fail state, at most 256 characters; unless the verdict is FATAL,
    /// the name of the failure. It never starts with `States.`, because Step Functions reserves
    /// those names.
    pub fn error(&self) -> String {
        match (self.verdict, &self.incident) {
            (Verdict::Fatal(kind), _) => kind.error_name(self.rule_name()),
            (_, Some(incident)) => incident.error_name(),
            (_, None) => FatalKind::InvalidEvent.error_name(NO_RULE),
        }
    }

    /// Returns the failure and the decision in one sentence, at most 1,024 characters. It never
    /// contains the task's command or environment.
    pub fn cause(&self) -> String {
        self.worded(self.reason.to_string())
    }

    /// Returns the [`cause`](Self::cause) with durations as written in policies: `1m30s`.
    pub fn readable_cause(&self) -> String {
        self.worded(format!("{:#}", self.reason))
    }

    fn worded(&self, mut reason: String) -> String {
        if let Some(outcome) = &self.outcome {
            reason = format!("{reason}, outcome {outcome}");
        }
        let mut cause = match (&self.rule, &self.incident) {
            (Some(DecidingRule { name, line: 0 }), Some(incident)) => {
                format!("{incident}; rule {name} (implied): {reason}")
            }
            (Some(DecidingRule { name, line }), Some(incident)) => {
                format!("{incident}; rule {name} (line {line}): {reason}")
            }
            _ => reason,
        };
        if let Some((end, _)) = cause.char_indices().nth(MAX_CAUSE_CHARS) {
            cause.truncate(end);
        }
        cause
    }
}

/// Decides what to do after a failure.
///
/// The same arguments give the same decision on every machine, and every input has a decision.
/// Whatever fails, an execution has at most `limits.max_retries` counted retries and, for each
/// uncounted rule, its `max_retries`. Then the decision is FATAL, or SUCCESS if such a rule handles
/// the failure.
///
/// # Examples
///
/// ```
/// use exitwise_engine::{Failure, Policy, RetryState, ExecutionContext, Verdict, decide};
/// use exitwise_engine::policy::Draw;
///
/// let (policy, _) = Policy::load(r#"
///     version = 1
///     limits.max_retries = 3
///     [[rule]]
///     name = "network-error"
///     when = { exit_code = 4 }
///     type = "TEMPORARY"
///     backoff = { constant = "60s" }
/// "#)?;
/// let cause = r#"{"Containers":[{"Name":"app","ExitCode":4}]}"#;
/// let failure = Failure::read(Some("States.TaskFailed"), Some(cause));
/// let context = ExecutionContext::new(Draw::Keyed(None), Some(0));
/// let decision = decide(&policy, &failure, &RetryState::default(), &context);
/// assert_eq!(decision.verdict, Verdict::Temporary { wait_seconds: 60 });
/// assert_eq!(
///     decision.cause(),
///     "app exited with 4; rule network-error (line 4): retry 1 of 3 after 60 s"
/// );
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
pub fn decide(
    policy: &Policy,
    failure: &Failure<'_>,
    state: &RetryState,
    context: &ExecutionContext<'_>,
) -> Decision {
    let RetryState::Readable(counters) = state else {
        return Decision::without_rule(policy, state, Reason::InvalidErrorState);
    };
    let rule = policy.deciding_rule(failure);
    let mut tally = Tally::of(policy, counters);
    let reason = judge(policy, rule, &tally, context);
    let verdict = reason.verdict();
    let counters = counters.clone();
    let (counters, reported_failures) = match verdict {
        Verdict::Fatal(FatalKind::Rule) => {
            let counts = tally.retries_left(policy) > 0;
            (counters.without_zeros(), u32::from(counts))
        }
        Verdict::Fatal(_) | Verdict::Success => (counters.without_zeros(), 0),
        Verdict::Retriable | Verdict::Temporary { .. } => {
            let wait = verdict.wait_seconds();
            tally.record_retry(rule, wait);
            (counters.after_retry(rule.name(), wait), 0)
        }
    };
    Decision {
        verdict,
        rule: Some(DecidingRule {
            name: rule.name().to_owned(),
            line: rule.line(),
        }),
        incident: Some(Incident::of(
            policy,
            &failure.seen(rule.container()),
            rule.container(),
        )),
        reason,
        outcome: rule.outcome().map(str::to_owned),
        run: NextRun::of(policy, &counters),
        retry_count: counters.retry_count() + reported_failures,
        counters,
        retries_left: tally.retries_left(policy),
    }
}

/// Returns the reason for the verdict on a failure that `rule` handles: a FATAL or SUCCESS rule, the
/// first limit that forbids the retry, or the retry itself.
pub(crate) fn judge(
    policy: &Policy,
    rule: &Rule,
    tally: &Tally,
    context: &ExecutionContext<'_>,
) -> Reason {
    let limits = policy.limits();
    let (own, max) = (tally.own(rule), rule.max_retries());
    match rule.action().to_type() {
        Type::Fatal => return Reason::FatalRule,
        Type::Success => return Reason::SuccessRule,
        Type::Retriable | Type::Temporary => {}
    }
    if own >= max {
        return Reason::OwnRetriesUsed { used: own, max };
    }
    if rule.counts() && tally.counted() >= limits.max_retries {
        return Reason::CountedRetriesUsed {
            used: tally.counted(),
            max: limits.max_retries,
        };
    }
    if tally.retry_count() >= MAX_RETRIES {
        return Reason::AllRetriesUsed;
    }

    let retry = Retry::after(own);
    let backoff = rule.backoff();
    let wait = backoff.map(|it| it.drawn(retry, context.draw, tally.retry_count() + 1));
    let waited = tally.waited_seconds();
    let seconds = wait.unwrap_or(0);
    if let Some(max) = limits.max_total_wait
        && waited.saturating_add(seconds.into()) > max
    {
        return Reason::WaitBudgetSpent {
            waited,
            wait: seconds,
            max,
        };
    }
    let elapsed = context.elapsed_seconds.unwrap_or(0).max(waited);
    let start_unknown = limits.max_elapsed.is_some() && context.elapsed_seconds.is_none();
    if let Some(max) = limits.max_elapsed
        && elapsed.saturating_add(seconds.into()) > max
    {
        return Reason::DeadlineReached {
            elapsed,
            wait: seconds,
            max,
            start_unknown,
        };
    }
    let has_jitter = backoff.is_some_and(|backoff| backoff.jitter() != Jitter::None);
    let shared_draw = has_jitter && context.draw == Draw::Keyed(None);
    Reason::Retry {
        number: retry.number(),
        max,
        wait,
        start_unknown,
        shared_draw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The state machine of the original project counts a failure that a FATAL rule decides, and
    /// not one that a limit decides.
    #[test]
    fn a_fatal_rule_counts_while_counted_retries_are_left() {
        let text = "version = 1\nlimits.max_retries = 2\n\
                    [[rule]]\nname = 'again'\nwhen.exit_code = 1\ntype = 'RETRIABLE'\n\
                    [[rule]]\nname = 'stop'\nwhen.exit_code = 2\ntype = 'FATAL'\n";
        let (policy, _) = Policy::load(text).unwrap();
        let context = ExecutionContext::new(Draw::Keyed(None), Some(0));
        for (code, earlier, expected) in [
            (2, 0, ("Fatal.stop", 1)),
            (2, 1, ("Fatal.stop", 2)),
            (2, 2, ("Fatal.stop", 2)),
            (1, 2, ("RetriesExhausted.again", 2)),
        ] {
            let cause = format!("{{\"Containers\":[{{\"ExitCode\":{code}}}]}}");
            let failure = Failure::read(None, Some(&cause));
            let retries: BTreeMap<_, _> = [("again".to_owned(), earlier)].into();
            let state = RetryState::Readable(Counters::new(earlier, retries, 0).unwrap());
            let decision = decide(&policy, &failure, &state, &context);
            let found = (decision.error(), decision.retry_count);
            assert_eq!(
                found,
                (expected.0.to_owned(), expected.1),
                "{cause} {earlier}"
            );
        }
    }
}
