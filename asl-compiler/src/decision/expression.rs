//! The whole expression, and the errorState that it returns.

use super::BadPattern;
use super::cause::read_failure;
use super::container::Views;
use super::counters::read_counters;
use super::incident::word_incident;
use super::next_run::{next_run, retries_of};
use super::rule::choose_rule;
use super::verdict::judge;
use crate::jsonata::{Expression, Statement, bind, call, function, join, list, object, var};
use exitwise_engine::Policy;
use exitwise_engine::policy::{Condition, Type};

/// Maximum length of a decision's `cause`, in characters; the engine has the same.
const MAX_CAUSE_CHARS: u32 = 1_024;

/// The identity of a retry loop, as expressions of the state machine.
#[derive(Debug, Clone)]
pub(crate) struct LoopKey {
    /// The text that jitter is keyed by.
    pub(crate) id: Expression,
    /// The time at which the loop started, as a text.
    pub(crate) started: Expression,
    /// The time at which the state was entered that decides, as a text.
    pub(crate) entered: Expression,
}

/// Returns the errorState after a failure: a function of the workflow variables `$taskError`,
/// `$errorState` and `$jsonLevels`, the number of levels at which the Cause is read as JSON.
///
/// # Errors
/// Returns an error if a pattern of the policy is not valid.
pub(crate) fn decision(policy: &Policy, key: &LoopKey) -> Result<Expression, BadPattern> {
    let uses = |wanted: fn(&Condition) -> bool| {
        let mut matchers = policy.rules().iter().flat_map(|rule| rule.matchers());
        matchers.any(|matcher| wanted(matcher.condition()))
    };
    let reads_run_time = uses(|condition| matches!(condition, Condition::RanFor(_)));
    let reads_others = uses(|condition| matches!(condition, Condition::OtherExitCodes(_)));
    let views = Views::of(policy);
    let mut statements = Vec::new();
    read_failure(reads_run_time, &mut statements);
    views.statements(reads_others, &mut statements);
    choose_rule(policy, &views, &mut statements)?;
    read_counters(policy, &mut statements);
    judge(policy, key, &mut statements);
    word_incident(policy, &views, &mut statements);
    count_retry(policy, &mut statements);
    Ok(Expression::Block(statements, error_state(policy).into()))
}

/// Appends the statements that count the retry, if there is one:
///
/// | variable | value |
/// |---|---|
/// | `retry` | 1 if the task runs again, else 0 |
/// | `retriesAfter` | number of retries by rule name |
/// | `retriesLeft` | number of counted retries that are left |
fn count_retry(policy: &Policy, statements: &mut Vec<Statement>) {
    let types = [Type::Retriable, Type::Temporary].map(Type::as_str);
    let is_used = function(["count"], var("count").gt(0_u32));
    let one_more = var("ofRule").plus(1_u32);
    let retries = call(
        "merge",
        [list([
            object::<&str>([]),
            call("sift", [var("retries"), is_used]),
            var("retry")
                .eq(1_u32)
                .then(object([(var("rule").field("name"), one_more)])),
        ])],
    );
    let counts = var("rule").field("uncounted").choose(0_u32, var("retry"));
    let max_retries = Expression::from(policy.limits().max_retries);
    let left = max_retries.minus(var("counted").plus(counts));
    statements.extend([
        bind("retry", var("decided").is_in(types).choose(1_u32, 0_u32)),
        bind("retriesAfter", retries),
        bind("retriesLeft", call("max", [list([0_u32.into(), left])])),
    ]);
}

/// Returns the errorState.
fn error_state(policy: &Policy) -> Expression {
    let rule = |name| var("rule").field(name);
    let is_fatal_rule = rule("type").eq(Type::Fatal.as_str());
    // As in the original state machine, a failure that a FATAL rule decides counts as a retry.
    let counts = is_fatal_rule.and(var("retriesLeft").gt(0_u32));
    let reported = var("retryCount").plus(counts.choose(1_u32, var("retry")));
    let wait = || {
        var("decided")
            .eq(Type::Temporary.as_str())
            .choose(var("wait"), 0_u32)
    };
    let line = join(vec![
        " (line ".into(),
        call("string", [rule("line")]),
        "): ".into(),
    ]);
    let line = match policy.default_rule().line() {
        0 => rule("line").eq(0_u32).choose(" (implied): ", line),
        _ => line,
    };
    let cause = join(vec![
        var("incident"),
        "; rule ".into(),
        rule("name"),
        line,
        var("verdict").field("why"),
    ]);
    let cause = call("substring", [cause, 0_u32.into(), MAX_CAUSE_CHARS.into()]);
    let mut members = vec![
        ("type", var("decided")),
        ("retryCount", reported),
        ("waitSeconds", wait()),
        ("rule", rule("name")),
        ("outcome", rule("outcome")),
        (
            "error",
            var("verdict").field("error").or_else(var("errorName")),
        ),
        ("cause", cause),
        ("retries", var("retriesAfter")),
    ];
    let mut statements = Vec::new();
    if let Some(run) = next_run(policy) {
        statements.push(bind("retriesOf", retries_of()));
        members.push(("run", run));
    }
    members.extend([
        ("retriesLeft", var("retriesLeft")),
        ("waitedSeconds", var("waited").plus(wait())),
        ("policy", policy.hash().into()),
    ]);
    match statements.is_empty() {
        true => object(members),
        false => Expression::Block(statements, object(members).into()),
    }
}
