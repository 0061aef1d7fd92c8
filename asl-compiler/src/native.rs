//! What a policy needs beyond a state machine: the limits of deciding without a Lambda function.

use crate::decision::{decision, regex_of};
use crate::standard::execution_key;
use exitwise_engine::Policy;
use exitwise_engine::diagnostic::{Code, Diagnostic};
use exitwise_engine::policy::{Condition, Matcher, Rule};

/// Maximum number of steps, for all patterns of a policy together, in which an engine that backtracks
/// searches one text.
///
/// Source: measured. A pattern of so many steps takes Java, which Step Functions most likely uses,
/// about 2 s on a text that is made for it; an expression may take some 5 s.
const MAX_STEPS: u64 = 2_200_000 * 1_024;

/// Maximum size of the expression of a policy, in bytes of JSON. A definition has at most 1 MiB, and
/// the rest is for its other states.
///
/// Source: Step Functions quotas, "Maximum state machine definition size".
const MAX_EXPRESSION_BYTES: usize = 900_000;

/// Returns the reasons why a state machine cannot decide under this policy without a Lambda function:
/// errors with the codes [`Code::SlowPattern`] and [`Code::TooLargeForNative`]. Empty if it can.
///
/// # Examples
///
/// ```
/// use exitwise_asl_compiler::native_problems;
/// use exitwise_engine::Policy;
///
/// let (policy, _) = Policy::load(r#"
///     version = 1
///     limits.max_retries = 3
///     [[rule]]
///     name = "many-ways"
///     when = { reason = 'a.*b.*c.*d' }
///     type = "RETRIABLE"
/// "#)?;
/// assert_eq!(native_problems(&policy)[0].code.as_str(), "P301");
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
pub fn native_problems(policy: &Policy) -> Vec<Diagnostic> {
    let slow = slow_patterns(policy);
    if !slow.is_empty() {
        return slow;
    }
    let Ok(decision) = decision(policy, &execution_key()) else {
        return Vec::new();
    };
    let json = serde_json::Value::from(decision.to_string()).to_string();
    match json.len() > MAX_EXPRESSION_BYTES {
        true => vec![too_large(policy, json.len())],
        false => Vec::new(),
    }
}

/// The patterns of a matcher, and the steps of searching a text for them.
struct Search<'p> {
    matcher: &'p Matcher,
    steps: u64,
}

fn slow_patterns(policy: &Policy) -> Vec<Diagnostic> {
    let matchers = policy.rules().iter().flat_map(Rule::matchers);
    let mut searches: Vec<_> = matchers
        .filter_map(|matcher| match matcher.condition() {
            Condition::Text(_, patterns) => Some(Search {
                matcher,
                steps: regex_of(patterns).map_or(u64::MAX, |regex| regex.steps()),
            }),
            _ => None,
        })
        .collect();
    searches.sort_by_key(|search| search.steps);
    let mut sum: u64 = 0;
    searches.retain(|search| {
        sum = sum.saturating_add(search.steps);
        sum > MAX_STEPS
    });
    let slow = searches.into_iter().map(|search| {
        let (what, label) = match search.steps > MAX_STEPS {
            true => (
                "a pattern could take too long without a Lambda function",
                "an engine that backtracks can go through a text in too many ways",
            ),
            false => (
                "all patterns together could take too long without a Lambda function",
                "this is one of the slowest",
            ),
        };
        let help = "use at most two of `*` and `+`, start the pattern with `^`, or list literal \
                    texts; or compile with `--backend lambda`";
        Diagnostic::new(Code::SlowPattern, search.matcher.span(), what)
            .label(label)
            .help(help)
    });
    let mut slow: Vec<_> = slow.collect();
    slow.sort_by_key(|problem| problem.span.start);
    slow
}

fn too_large(policy: &Policy, bytes: usize) -> Diagnostic {
    let delays = |rule: &Rule| rule.backoff().map_or(0, |backoff| backoff.delays().len());
    let longest = policy.all_rules().max_by_key(|rule| delays(rule));
    let span = longest.map_or(0..0, Rule::span);
    let message = format!(
        "the state machine would have {bytes} bytes of expressions, the most is {MAX_EXPRESSION_BYTES}"
    );
    let count = longest.map_or(0, delays);
    Diagnostic::new(Code::TooLargeForNative, span, message)
        .label(format!("this rule has {count} delays"))
        .help("set a `cap`, so that delays repeat, or lower `max_retries`; or compile with `--backend lambda`")
}
