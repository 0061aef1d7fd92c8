//! Statements that apply the limits: the counterpart of the engine's `judge`.

use super::expression::LoopKey;
use crate::jsonata::{
    Expression, Statement, bind, call, exists, function, join, list, not, object, text, var,
};
use exitwise_engine::Policy;
use exitwise_engine::decision::{FatalKind, Reason};
use exitwise_engine::policy::{Jitter, MAX_RETRIES, Type};

/// Appends the statements that judge a failure which `$rule` handles:
///
/// | variable | value |
/// |---|---|
/// | `wait` | the delay before the retry, in seconds; 0 if there is none |
/// | `verdict` | `{why, error}`: the end of the cause and, if FATAL, the error name |
/// | `decided` | the type of the decision |
pub(super) fn judge(policy: &Policy, key: &LoopKey, statements: &mut Vec<Statement>) {
    draw_delay(policy, key, statements);
    let limits = policy.limits();
    let rule = |name| var("rule").field(name);
    let mut verdict = object([("why", retry())]);
    if let Some(max) = limits.max_elapsed {
        read_elapsed(key, statements);
        let [elapsed, wait, limit] = HOLES;
        let reason = |start_unknown| Reason::DeadlineReached {
            elapsed: elapsed.0.into(),
            wait: wait.0,
            max: limit.0.into(),
            start_unknown,
        };
        let why = worded(
            reason(false),
            [
                (elapsed, var("elapsed")),
                (wait, var("wait")),
                (limit, text(max.to_string())),
            ],
        );
        let unknown = if_start_unknown(&reason(false), &reason(true));
        let kind = FatalKind::DeadlineReached.as_str();
        verdict = var("elapsed").plus(var("wait")).gt(max).choose(
            ending(kind, join(vec![why, unknown.clone()])),
            object([("why", join(vec![retry(), unknown]))]),
        );
    }
    if let Some(max) = limits.max_total_wait {
        let [waited, wait, limit] = HOLES;
        let reason = Reason::WaitBudgetSpent {
            waited: waited.0.into(),
            wait: wait.0,
            max: limit.0.into(),
        };
        let why = worded(
            reason,
            [
                (waited, var("waited")),
                (wait, var("wait")),
                (limit, text(max.to_string())),
            ],
        );
        verdict = var("waited")
            .plus(var("wait"))
            .gt(max)
            .choose(ending(FatalKind::WaitBudgetSpent.as_str(), why), verdict);
    }
    let exhausted = || join(vec!["RetriesExhausted.".into(), rule("name")]);
    let [used, own_max, _] = HOLES;
    let of_rule = Reason::OwnRetriesUsed {
        used: used.0,
        max: own_max.0,
    };
    let of_policy = Reason::CountedRetriesUsed {
        used: used.0,
        max: limits.max_retries,
    };
    let is_counted = not(exists(rule("uncounted")));
    let fatal = join(vec!["Fatal.".into(), rule("name")]);
    let success = join(vec![
        text(Reason::SuccessRule.to_string()),
        ", outcome ".into(),
        rule("outcome"),
    ]);
    let cases = [
        (
            rule("type").eq(Type::Fatal.as_str()),
            ending(fatal, text(Reason::FatalRule.to_string())),
        ),
        (
            rule("type").eq(Type::Success.as_str()),
            object([("why", success)]),
        ),
        (
            var("own").ge(var("maxRetries")),
            ending(
                exhausted(),
                worded(of_rule, [(used, var("own")), (own_max, var("maxRetries"))]),
            ),
        ),
        (
            is_counted.and(var("counted").ge(limits.max_retries)),
            ending(exhausted(), worded(of_policy, [(used, var("counted"))])),
        ),
        (
            var("retryCount").ge(MAX_RETRIES),
            ending(exhausted(), text(Reason::AllRetriesUsed.to_string())),
        ),
    ];
    for (condition, end) in cases.into_iter().rev() {
        verdict = condition.choose(end, verdict);
    }
    statements.extend([
        bind("maxRetries", rule("max").or_else(limits.max_retries)),
        bind("verdict", verdict),
        bind(
            "decided",
            exists(var("verdict").field("error")).choose(Type::Fatal.as_str(), rule("type")),
        ),
    ]);
}

/// Returns a verdict that ends the execution.
fn ending(error: impl Into<Expression>, why: Expression) -> Expression {
    object([("error", error.into()), ("why", why)])
}

/// Returns the wording of a retry that no limit forbids.
fn retry() -> Expression {
    let [number, max, wait] = HOLES;
    let reason = |wait| Reason::Retry {
        number: number.0,
        max: max.0,
        wait,
        start_unknown: false,
        shared_draw: false,
    };
    let values = || {
        [
            (number, var("own").plus(1_u32)),
            (max, var("maxRetries")),
            (wait, var("wait")),
        ]
    };
    let is_temporary = var("rule").field("type").eq(Type::Temporary.as_str());
    is_temporary.choose(
        worded(reason(Some(wait.0)), values()),
        worded(reason(None), values()),
    )
}

/// Returns what a reason adds if the time since the start is unknown.
fn if_start_unknown(known: &Reason, unknown: &Reason) -> Expression {
    let (known, unknown) = (known.to_string(), unknown.to_string());
    let added = unknown.strip_prefix(&known).unwrap_or_default().to_owned();
    exists(var("sinceStart")).choose("", added)
}

/// A number that stands for one that is known only when the expression is evaluated.
#[derive(Debug, Clone, Copy)]
struct Hole(u32);

/// The holes of one sentence, for all numbers in it that can have as many digits.
const HOLES: [Hole; 3] = [
    Hole(4_111_111_111),
    Hole(4_222_222_222),
    Hole(4_033_333_333),
];

/// Words a reason as the engine does, with these values in place of the holes.
fn worded<const N: usize>(reason: Reason, holes: [(Hole, Expression); N]) -> Expression {
    let worded = reason.to_string();
    let mut parts = Vec::new();
    let mut rest = &*worded;
    loop {
        let found = holes.iter().filter_map(|(hole, value)| {
            let digits = hole.0.to_string();
            Some((rest.find(&digits)?, digits.len(), value))
        });
        let Some((at, length, value)) = found.min_by_key(|(at, ..)| *at) else {
            break;
        };
        parts.push(text(rest.get(..at).unwrap_or_default()));
        parts.push(match value {
            Expression::Text(_) => value.clone(),
            number => call("string", [number.clone()]),
        });
        rest = rest.get(at + length..).unwrap_or_default();
    }
    parts.push(text(rest));
    join(parts)
}

/// Appends the statements that set `$sinceStart`, undefined if the time since the start is unknown,
/// and `$elapsed`, both in seconds.
fn read_elapsed(key: &LoopKey, statements: &mut Vec<Statement>) {
    let time = |time: &Expression| call("toMillis", [time.clone()]);
    let milliseconds = time(&key.entered).minus(time(&key.started));
    let seconds = call("ceil", [var("milliseconds").divided_by(1_000_u32)]);
    statements.extend([
        bind("milliseconds", milliseconds),
        bind("sinceStart", var("milliseconds").ge(0_u32).then(seconds)),
        bind(
            "elapsed",
            call("max", [list([var("sinceStart"), var("waited")])]),
        ),
    ]);
}

/// Appends the statements that set `$wait` to the delay of the deciding rule, with jitter.
fn draw_delay(policy: &Policy, key: &LoopKey, statements: &mut Vec<Statement>) {
    let last = call("count", [var("delays")]).minus(1_u32);
    let index = call("min", [list([var("own"), last])]);
    statements.extend([
        bind(
            "delays",
            call("split", [var("rule").field("waits"), " ".into()]),
        ),
        bind("delay", call("number", [var("delays").at(index)])),
        bind("wait", var("delay").or_else(0_u32)),
    ]);
    let mut backoffs = policy.all_rules().filter_map(|rule| rule.backoff());
    if backoffs.all(|backoff| backoff.jitter() == Jitter::None) {
        return;
    }
    let retry = call("string", [var("retryCount").plus(1_u32)]);
    let salted = join(vec![key.id.clone(), "/".into(), retry]);
    let digest = call("hash", [salted, "SHA-256".into()]);
    let digits = call(
        "split",
        [
            call("substring", [digest, 0_u32.into(), 8_u32.into()]),
            "".into(),
        ],
    );
    let digit = call("substringBefore", ["0123456789abcdef".into(), var("digit")]);
    let shifted = var("bits").times(16_u32).plus(call("length", [digit]));
    let bits = call(
        "reduce",
        [digits, function(["bits", "digit"], shifted), 0_u32.into()],
    );
    let scaled = var("draw")
        .times(var("most").plus(1_u32))
        .divided_by(1_u64 << 32);
    let jitter = || var("rule").field("jitter");
    statements.extend([
        bind("draw", bits),
        bind("drawn", function(["most"], call("floor", [scaled]))),
        bind("half", call("floor", [var("wait").divided_by(2_u32)])),
        bind(
            "wait",
            jitter().eq(Jitter::Full.as_str()).choose(
                call("drawn", [var("wait")]),
                jitter().eq(Jitter::Equal.as_str()).choose(
                    var("half").plus(call("drawn", [var("wait").minus(var("half"))])),
                    var("wait"),
                ),
            ),
        ),
    ]);
}
