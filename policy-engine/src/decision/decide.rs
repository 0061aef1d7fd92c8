//! The decision: a pure, total function of policy, failure, counters and context.

use crate::decision::counters::{Counters, ExecutionContext, RetryState};
use crate::decision::wording;
use crate::failure::Failure;
use crate::policy::backoff::{MAX_RETRIES, Retry};
use crate::policy::jitter::{Draw, Jitter};
use crate::policy::{Action, NO_RULE, Policy, Rule};

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Run again at once.
    Retriable,
    /// Wait, then run again.
    Temporary {
        /// `0..=99999999`.
        wait_seconds: u32,
    },
    /// Stop.
    Fatal(Stop),
}

/// Why an execution stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The event could not be read; no rule was asked.
    InvalidEvent,
    /// The counters could not be read, so nothing would bound the loop; no rule was asked.
    InvalidErrorState,
    /// The rule is FATAL.
    Rule,
    /// The rule's own retries, or the counted retries of the policy, are used up.
    RetriesExhausted,
    /// The next wait would take the waits over `limits.max_total_wait`.
    WaitBudgetSpent,
    /// The next wait would end after `limits.max_elapsed`.
    DeadlineReached,
}

impl Verdict {
    /// The word for it: `RETRIABLE`, `TEMPORARY` or `FATAL`.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Retriable => "RETRIABLE",
            Self::Temporary { .. } => "TEMPORARY",
            Self::Fatal(_) => "FATAL",
        }
    }

    /// Seconds to wait before the next run; 0 unless TEMPORARY.
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Temporary { wait_seconds } => wait_seconds,
            Self::Retriable | Self::Fatal(_) => 0,
        }
    }
}

/// What to do next, which rule says so, and the counters after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do next.
    pub verdict: Verdict,
    /// The rule that decided: its name, `default`, or `none` where no rule was asked.
    pub rule: String,
    /// The counters to carry on. After FATAL they are unchanged, but `retry_count` below may be one more.
    pub counters: Counters,
    /// `0..=1000`: one more after RETRIABLE and TEMPORARY; after a FATAL rule too, while counted retries are left.
    pub retry_count: u32,
    /// A name for the failure, at most 256 characters, never one of `States.`.
    pub error: String,
    /// The failure and the decision in one sentence, at most 1,024 characters; never the task's command or environment.
    pub cause: String,
}

impl Decision {
    /// The decision about an event that cannot be read: FATAL, counters as they were.
    pub fn invalid_event(state: &RetryState, why: &str) -> Self {
        Self::unasked(
            Stop::InvalidEvent,
            state,
            format!("the event is invalid: {why}"),
        )
    }

    fn unasked(stop: Stop, state: &RetryState, cause: String) -> Self {
        let (counters, retry_count) = match state {
            RetryState::Readable(counters) => (counters.clone().tidied(), counters.retry_count()),
            RetryState::Unreadable { retry_count } => (Counters::default(), *retry_count),
        };
        let error = wording::stop_name(stop, NO_RULE);
        Self {
            verdict: Verdict::Fatal(stop),
            rule: NO_RULE.to_owned(),
            counters,
            retry_count,
            error,
            cause: wording::shortened(cause),
        }
    }
}

/// Retries used before a decision, as the deciding rule sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Counted retries, which `limits.max_retries` bounds.
    pub counted: u32,
    /// Retries of the rule itself, which its own `max_retries` bounds.
    pub own: u32,
}

impl Tally {
    /// Retries that no rule of the policy explains are charged to both: dropped fields can only end an execution sooner.
    pub fn of(policy: &Policy, rule: &Rule, counters: &Counters) -> Self {
        let (mut counted, mut explained) = (0_u32, 0_u32);
        for (name, retries) in counters.retries() {
            if let Some(rule) = policy.all_rules().find(|rule| rule.name() == name) {
                explained += retries;
                counted += if rule.counts() { *retries } else { 0 };
            }
        }
        let unexplained = counters.retry_count() - explained;
        Self {
            counted: counted + unexplained,
            own: counters.of(rule.name()) + unexplained,
        }
    }
}

/// Decides what to do after a failure.
///
/// The same arguments give the same decision on every machine; there is no input for which it fails. However
/// `failure` looks, FATAL is reached after at most `limits.max_retries` and the uncounted rules' own retries.
///
/// # Examples
///
/// ```
/// # use policy_engine::*;
/// let (policy, _) = Policy::load(r#"
///     version = 1
///     limits.max_retries = 3
///     [[rule]]
///     name = "network-error"
///     when = { exit_code = 4 }
///     type = "TEMPORARY"
///     backoff = { constant = "60s" }
/// "#).unwrap();
/// let failure = Failure::read(Some("States.TaskFailed"), Some(r#"{"Containers":[{"Name":"app","ExitCode":4}]}"#));
/// let context = ExecutionContext { draw: Draw::Keyed(None), elapsed_seconds: Some(0) };
/// let decision = decide(&policy, &failure, &RetryState::default(), &context);
/// assert_eq!(decision.verdict, Verdict::Temporary { wait_seconds: 60 });
/// assert_eq!(decision.cause, "app exited with 4; rule network-error (line 4): retry 1 of 3 after 60 s");
/// ```
pub fn decide(
    policy: &Policy,
    failure: &Failure<'_>,
    state: &RetryState,
    context: &ExecutionContext<'_>,
) -> Decision {
    let counters = match state {
        RetryState::Readable(counters) => counters,
        RetryState::Unreadable { .. } => {
            let cause =
                "errorState has no counters that can be true: nothing would bound the retries"
                    .to_owned();
            return Decision::unasked(Stop::InvalidErrorState, state, cause);
        }
    };
    let rule = policy.deciding(failure);
    let tally = Tally::of(policy, rule, counters);
    let (verdict, reason) = judge(policy, rule, tally, counters, context);
    let (error, retry_count) = match verdict {
        Verdict::Fatal(stop) => {
            let one_more = stop == Stop::Rule && tally.counted < policy.limits().max_retries;
            (
                wording::stop_name(stop, rule.name()),
                counters.retry_count() + u32::from(one_more),
            )
        }
        _ => (
            wording::failure_name(policy, rule, failure),
            counters.retry_count() + 1,
        ),
    };
    let cause = wording::cause(policy, rule, failure, &reason);
    let counters = match verdict {
        Verdict::Fatal(_) => counters.clone().tidied(),
        _ => counters
            .clone()
            .after_retry(rule.name(), verdict.wait_seconds()),
    };
    Decision {
        verdict,
        rule: rule.name().to_owned(),
        counters,
        retry_count,
        error,
        cause,
    }
}

/// The verdict of the deciding rule under all limits, and the words for it.
fn judge(
    policy: &Policy,
    rule: &Rule,
    tally: Tally,
    counters: &Counters,
    context: &ExecutionContext<'_>,
) -> (Verdict, String) {
    let limits = policy.limits();
    let (max_retries, backoff) = match rule.action() {
        Action::Fatal => return (Verdict::Fatal(Stop::Rule), "no retry".to_owned()),
        Action::Retriable { max_retries } => (*max_retries, None),
        Action::Temporary {
            max_retries,
            backoff,
        } => (*max_retries, Some(backoff)),
    };
    let stop = |stop, reason| (Verdict::Fatal(stop), reason);
    if tally.own >= max_retries {
        return stop(
            Stop::RetriesExhausted,
            format!("{} of its {max_retries} retries used", tally.own),
        );
    }
    if rule.counts() && tally.counted >= limits.max_retries {
        return stop(
            Stop::RetriesExhausted,
            format!(
                "{} of {} retries (limits.max_retries) used",
                tally.counted, limits.max_retries
            ),
        );
    }
    if counters.retry_count() >= MAX_RETRIES {
        return stop(
            Stop::RetriesExhausted,
            format!("{MAX_RETRIES} retries, the most of one execution, used"),
        );
    }
    let retry = Retry::after(tally.own);
    let wait = backoff.map_or(0, |backoff| {
        backoff.drawn(retry, context.draw, counters.retry_count() + 1)
    });
    let waited = counters.waited_seconds();
    if let Some(most) = limits
        .max_total_wait
        .filter(|most| waited.saturating_add(wait.into()) > *most)
    {
        return stop(
            Stop::WaitBudgetSpent,
            format!(
                "{waited} s waited and {wait} s to wait are over {most} s (limits.max_total_wait)"
            ),
        );
    }
    let elapsed = context.elapsed_seconds.unwrap_or(0).max(waited);
    let unknown = limits.max_elapsed.is_some() && context.elapsed_seconds.is_none();
    let clock = if unknown {
        "; the time since the start is unknown, only waits are counted"
    } else {
        ""
    };
    if let Some(most) = limits
        .max_elapsed
        .filter(|most| elapsed.saturating_add(wait.into()) > *most)
    {
        return stop(
            Stop::DeadlineReached,
            format!(
                "{elapsed} s elapsed and {wait} s to wait are over {most} s (limits.max_elapsed){clock}"
            ),
        );
    }
    let n = retry.number();
    let Some(backoff) = backoff else {
        return (
            Verdict::Retriable,
            format!("retry {n} of {max_retries} at once{clock}"),
        );
    };
    let shared = backoff.jitter() != Jitter::None && context.draw == Draw::Keyed(None);
    let draw = if shared {
        "; without an execution id every execution draws this delay"
    } else {
        ""
    };
    (
        Verdict::Temporary { wait_seconds: wait },
        format!("retry {n} of {max_retries} after {wait} s{clock}{draw}"),
    )
}
