//! Helps for unknown keys: slips, keys of another table, and keys of other tools.

use super::exit_code_notation::meant_codes;
use super::keys;
use super::tree::TomlNode;
use crate::diagnostic::alike;
use toml::de::{DeTable, DeValue};

/// The help for a key that `table`, whose keys are `known`, does not have.
pub(super) fn help(table: &DeTable<'_>, known: &[&str], key: &str, value: TomlNode<'_>) -> String {
    let meant = meant(table, known, key, value);
    meant.unwrap_or_else(|| format!("the keys here are `{}`", known.join("`, `")))
}

/// Returns the help that names what the author of such a key probably meant. `None` if the key
/// resembles no key of policies or of other tools.
pub(super) fn meant(
    table: &DeTable<'_>,
    known: &[&str],
    key: &str,
    value: TomlNode<'_>,
) -> Option<String> {
    if let Some((meant, how)) = foreign(key).find(|(meant, _)| known.contains(meant)) {
        return Some(format!("here it is `{meant}`: {how}"));
    }
    let is_slip = |known: &&&str| plain(known) == plain(key) || alike(known, key);
    let unused = |known: &&&str| table.get(**known).is_none_or(is_list_of_tables);
    if let Some(meant) = known.iter().filter(is_slip).find(unused) {
        return Some(format!("did you mean `{meant}`?"));
    }
    if known == keys::WHEN
        && let Some(help) = foreign_condition(key, value)
    {
        return Some(help);
    }
    if let Some(help) = right_place(known, key) {
        return Some(help.replace("KEY", key));
    }
    let slip = known.iter().find(is_slip);
    slip.map(|meant| format!("did you mean `{meant}`? there is one already: keep one of them"))
}

/// The key without the differences between `exit_code`, `exit-code` and `ExitCode`.
fn plain(key: &str) -> String {
    key.replace(['_', '-'], "").to_ascii_lowercase()
}

/// Whether a value is a list of tables, to which a further `[[header]]` can add.
fn is_list_of_tables(value: TomlNode<'_>) -> bool {
    let is_table = |it: &toml::Spanned<DeValue<'_>>| it.get_ref().is_table();
    value
        .get_ref()
        .as_array()
        .is_some_and(|list| list.iter().all(is_table))
}

/// The help for a key that the language has in another table than the one with the `known` keys.
/// `KEY` stands for the key.
fn right_place(known: &[&str], key: &str) -> Option<&'static str> {
    let belongs = |keys: &[&str]| keys.contains(&key);
    let in_rule = known == keys::RULE || known == keys::DEFAULT;
    let in_curve = [keys::LINEAR, keys::EXPONENTIAL, keys::FIBONACCI].contains(&known);
    Some(if known == keys::FAILURE && key == "rule" {
        "a failure has facts: give them here, and expect the rule: `expect = [{ rule = \"…\" }]`"
    } else if in_rule && key == "container" {
        "for this rule, write it as `when.container`; for all rules, above the first `[header]`"
    } else if in_curve && belongs(keys::BACKOFF) {
        "it belongs to the backoff: write it after the closing brace of these keys"
    } else if in_rule && belongs(keys::WHEN) && key != "container" {
        "it is a condition: write it as `when.KEY`, or inside `when = { }`"
    } else if in_rule && belongs(keys::BACKOFF) {
        "it belongs to the backoff: write it as `backoff.KEY`, or inside `backoff = { }`"
    } else if known == keys::WHEN && belongs(keys::RULE) {
        "it belongs to the rule: write it outside the braces of `when`, or above `[rule.when]`"
    } else if known == keys::POLICY && key == "when" {
        "write `[rule.when]` below the rule's other keys"
    } else if known == keys::POLICY && belongs(keys::LIMITS) {
        "write `limits.KEY`"
    } else if belongs(keys::POLICY) {
        "it belongs to the whole policy: write it above the first `[header]`"
    } else if belongs(keys::LIMITS) {
        "it belongs into `[limits]`"
    } else if belongs(keys::GUARANTEE) {
        "it belongs into `[guarantee]`"
    } else if key == "failures" || key == "expect" {
        "it belongs into a test: write it below `[[test]]`"
    } else if belongs(keys::RULE) {
        "it belongs into a rule: write it below `[[rule]]`"
    } else if belongs(keys::BACKOFF) {
        "it belongs into a rule's `backoff`"
    } else {
        return None;
    })
}

/// The help for a condition that the language expresses in another way.
fn foreign_condition(key: &str, value: TomlNode<'_>) -> Option<String> {
    let help = match &*plain(key) {
        "not" | "unless" | "none" | "except" | "exclude" | "nor" => {
            "there is no negation: put a rule for the exception above this one"
        }
        "any" | "or" | "anyof" | "oneof" | "either" => {
            "list the values of a key, as in `exit_code = [4, 5]`; write a rule for each other \
             alternative"
        }
        "all" | "and" | "allof" | "both" => {
            "write the conditions beside each other: a rule matches if all of them hold"
        }
        "signal" | "killedby" | "sig" => {
            let number = match value.get_ref() {
                DeValue::Integer(number) => format!("signal {}", number.as_str()),
                DeValue::String(name) => name.to_string(),
                _ => String::new(),
            };
            let code = meant_codes(&number).map_or(137, |codes| codes.first());
            return Some(format!(
                "here it is the exit code, 128 more than the signal: `exit_code = {code}`"
            ));
        }
        "oom" | "oomkilled" | "oomkill" | "outofmemory" | "memory" => {
            "here it is `container_reason = 'OutOfMemoryError'`"
        }
        "spot" | "spotinterruption" | "preempted" | "interrupted" | "evicted" => {
            "here it is `stop_code = \"SpotInterruption\"`"
        }
        "timeout" | "timedout" => "here it is `error = \"States.Timeout\"`",
        _ => return None,
    };
    Some(help.to_owned())
}

/// Keys of other tools, the key of this language, and its values.
const FOREIGN: &[(&[&str], &str, &str)] = &[
    (
        &[
            "maxattempts",
            "attempts",
            "backofflimit",
            "retrylimit",
            "retries",
            "limit",
            "maxretrycount",
            "retry",
            "count",
            "times",
            "retrycount",
            "maximumretryattempts",
        ],
        "max_retries",
        "runs after the first one",
    ),
    (
        &["errorequals", "errors"],
        "error",
        "a name, or a list of them",
    ),
    (
        &[
            "onexitcode",
            "onexitcodes",
            "exitstatus",
            "code",
            "status",
            "returncode",
            "rc",
            "exit",
            "exitvalue",
        ],
        "exit_code",
        "a code, a range, or a list of them",
    ),
    (
        &[
            "onreason",
            "onstatusreason",
            "statusreason",
            "message",
            "cause",
            "regex",
            "pattern",
            "text",
            "contains",
            "log",
            "logs",
            "output",
            "matches",
            "match",
        ],
        "reason",
        "a pattern, or a list of them",
    ),
    (&["capacityprovidername"], "capacity_provider", "its name"),
    (
        &["containername"],
        "container",
        "its name in the task definition",
    ),
    (
        &[
            "action",
            "verdict",
            "decision",
            "class",
            "strategy",
            "errorstrategy",
            "then",
        ],
        "type",
        "RETRIABLE, TEMPORARY or FATAL",
    ),
    (
        &[
            "match",
            "if",
            "matches",
            "on",
            "condition",
            "conditions",
            "where",
        ],
        "when",
        "a table of conditions",
    ),
    (
        &[
            "delay",
            "wait",
            "sleep",
            "interval",
            "intervalseconds",
            "retrydelay",
        ],
        "backoff",
        "for example `{ constant = \"60s\" }`",
    ),
    (
        &[
            "delay",
            "wait",
            "sleep",
            "interval",
            "seconds",
            "duration",
            "fixed",
            "period",
            "value",
            "minutes",
            "intervalseconds",
        ],
        "constant",
        "a duration such as `\"60s\"`",
    ),
    (
        &["backoffrate", "multiplier", "rate", "base"],
        "factor",
        "how many times longer each wait is",
    ),
    (
        &[
            "max",
            "maxdelay",
            "maxdelayseconds",
            "maxinterval",
            "maximum",
            "limit",
        ],
        "cap",
        "the longest delay",
    ),
    (
        &["jitterstrategy", "random"],
        "jitter",
        "none, full or equal",
    ),
    (
        &["maxwait", "waitlimit"],
        "max_total_wait",
        "the longest sum of all waits",
    ),
    (
        &[
            "timeout",
            "deadline",
            "activedeadlineseconds",
            "timeoutseconds",
            "attemptdurationseconds",
        ],
        "max_elapsed",
        "the longest time from the execution's start",
    ),
    (
        &["codes", "exitcodenames"],
        "exit_codes",
        "a table of names and numbers",
    ),
    (
        &["id", "title", "description"],
        "name",
        "a name of the rule or of the test",
    ),
    (
        &["input", "failure", "given", "events"],
        "failures",
        "a list of failures",
    ),
    (
        &["expected", "expects", "result", "want"],
        "expect",
        "a list of decisions",
    ),
    (
        &["runs", "maxattempt"],
        "max_runs",
        "the most runs of one execution",
    ),
];

/// The keys of this language that a key of another tool may stand for, with their values.
fn foreign(key: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let key = plain(key);
    let rows = FOREIGN
        .iter()
        .filter(move |(foreign, ..)| foreign.contains(&&*key));
    rows.map(|(_, meant, how)| (*meant, *how))
}

/// Whether a key of another tool stands for this key.
pub(super) fn stands_for(key: &str, meant: &str) -> bool {
    foreign(key).any(|(it, _)| it == meant)
}
