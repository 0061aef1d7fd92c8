//! What hovers, hints and symbols say about rules and keys.

use exitwise_engine::Policy;
use exitwise_engine::language::{KeySpec, Presence};
use exitwise_engine::policy::{Jitter, Rule, Seconds, Type};

/// Maximum number of delays that a list shows; more are cut in the middle.
const MAX_DELAYS: usize = 8;

/// The delays of a rule before jitter, `30s, 1m, 2m, 4m`, for as many retries as it can have. `None`
/// unless the rule is TEMPORARY.
pub(crate) fn delays(policy: &Policy, rule: &Rule) -> Option<String> {
    let backoff = rule.backoff()?;
    let count = usize::try_from(policy.retries_of(rule)).unwrap_or(usize::MAX);
    // A policy without retries has a delay all the same; it is never waited.
    let delays = backoff.delays().iter().take(count.max(1));
    let mut delays: Vec<_> = delays
        .map(|it| Seconds(u64::from(*it)).to_string())
        .collect();
    if let [first, .., last] = &*delays
        && delays.iter().all(|it| it == first)
    {
        return Some(format!("{last} each"));
    }
    if delays.len() > MAX_DELAYS {
        let cut = MAX_DELAYS - 1..delays.len() - 1;
        delays.splice(cut, ["…".to_owned()]);
    }
    Some(delays.join(", "))
}

/// What the jitter makes of the delays, in words. `None` if they stay as they are.
pub(crate) fn jitter(jitter: Jitter) -> Option<&'static str> {
    match jitter {
        Jitter::None => None,
        Jitter::Full => Some("jitter `full`: each wait is drawn from 0 to the delay"),
        Jitter::Equal => {
            Some("jitter `equal`: each wait is drawn from half of the delay to all of it")
        }
    }
}

/// What a rule does, in some lines of Markdown.
pub(crate) fn rule(policy: &Policy, rule: &Rule) -> String {
    let type_ = rule.action().to_type();
    let place = match rule.position() {
        _ if rule.matchers().is_empty() => "if no rule matches".to_owned(),
        position => format!("rule {} of {}", position + 1, policy.rules().len()),
    };
    let mut lines = vec![format!("**{}**: {type_} ({place})", rule.name())];
    let retries = policy.retries_of(rule);
    let times = |count: u32, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!(
            "{count} {}",
            noun.replace("retry", "retries").replace("time", "times")
        ),
    };
    match type_ {
        Type::Retriable | Type::Temporary => {
            let counted = match rule.counts() {
                true => format!(
                    "; they count towards `limits.max_retries = {}`",
                    policy.limits().max_retries
                ),
                false => "; they do not count towards `limits.max_retries`".to_owned(),
            };
            if let Some(delays) = delays(policy, rule) {
                lines.push(format!("waits `{delays}`"));
            }
            let of_backoff = rule.backoff().map(|backoff| backoff.jitter());
            lines.extend(of_backoff.and_then(jitter).map(str::to_owned));
            let decides = times(retries.saturating_add(1), "time");
            lines.push(format!(
                "at most {} in one execution{counted}",
                times(retries, "retry")
            ));
            lines.push(format!(
                "decides at most {decides} in one execution; the last time, it stops"
            ));
        }
        Type::Fatal => lines.push("stops; the execution fails".to_owned()),
        Type::Success => lines.push(format!(
            "stops; the execution succeeds with the outcome `{}`",
            rule.outcome().unwrap_or_default()
        )),
    }
    lines.join("  \n")
}

/// What the reference says about a key, in Markdown.
pub(crate) fn key(key: &KeySpec) -> String {
    let presence = match key.presence {
        Presence::Required => "required".to_owned(),
        Presence::Optional(what) => format!("if omitted: {what}"),
    };
    format!(
        "`{}`: {}; {presence}\n\n{}\n\n```toml\n{}\n```",
        key.name, key.value, key.meaning, key.example
    )
}
