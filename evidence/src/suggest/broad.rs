//! Tells which rules are made for a kind of failure, and which take whatever is left.

use exitwise_engine::failure::NameFact;
use exitwise_engine::policy::{Condition, NameMatch, Rule};

/// Number of codes from which on a range of exit codes says nothing about a program: all that a
/// program on Linux can exit with.
const ALL_CODES: u32 = 256;

/// Error names and stop codes that tasks have whatever happened to them.
const NAMES_THAT_SAY_LITTLE: [&str; 3] = [
    "States.TaskFailed",
    "TaskFailedToStart",
    "EssentialContainerExited",
];

/// Returns whether a rule takes whatever earlier rules leave to it: none of its conditions says much
/// about a failure.
///
/// Such conditions are exit codes with `absent` or with a range of at least 256 codes; error names
/// with `States.TaskFailed` or one that ends in `*`; stop codes with `TaskFailedToStart` or
/// `EssentialContainerExited`; and every other condition that is not about a text. `[default]` is
/// broad.
///
/// # Examples
///
/// ```
/// use exitwise_engine::Policy;
/// use exitwise_evidence::suggest::is_broad;
///
/// let (policy, _) = Policy::load(r#"
///     version = 1
///     limits.max_retries = 3
///     [[rule]]
///     name = "start-failed"
///     when = { stop_code = "TaskFailedToStart" }
///     type = "RETRIABLE"
///     [[rule]]
///     name = "invalid-input"
///     when = { exit_code = 3 }
///     type = "FATAL"
/// "#)?;
/// let broad = policy.rules().iter().map(is_broad);
/// assert_eq!(broad.collect::<Vec<_>>(), [true, false]);
/// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
/// ```
pub fn is_broad(rule: &Rule) -> bool {
    let matchers = rule.matchers().iter();
    matchers.map(|it| it.condition()).all(says_little)
}

fn says_little(condition: &Condition) -> bool {
    let is_empty_name = |name: &str| NAMES_THAT_SAY_LITTLE.contains(&name);
    match condition {
        Condition::Text(..) => false,
        Condition::ExitCode(codes) => {
            let is_wide = |low: u32, high: u32| high - low >= ALL_CODES - 1;
            let mut ranges = codes.ranges().iter();
            codes.contains_absent() || ranges.any(|it| is_wide(*it.start(), *it.end()))
        }
        Condition::Error(names) => names.iter().any(|name| match name {
            NameMatch::Exactly(name) => is_empty_name(name),
            NameMatch::StartingWith(_) => true,
        }),
        Condition::Name(NameFact::StopCode, names) => names.iter().any(|it| is_empty_name(it)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exitwise_engine::Policy;

    #[test]
    fn broad_rules_take_what_is_left() {
        let (policy, _) = Policy::load(include_str!("../../../policies/default.toml")).unwrap();
        let broad = policy.all_rules().filter(|it| is_broad(it));
        let broad: Vec<_> = broad.map(|it| it.name()).collect();
        assert_eq!(broad, ["start-failed", "other-exit-code", "default"]);

        let limits = "version = 1\nlimits = { max_retries = 3 }\n";
        for (when, expected) in [
            ("exit_code = \"1..=255\"", false),
            ("exit_code = \"0..=255\"", true),
            ("exit_code = [4, \"absent\"]", true),
            ("error = \"States.Timeout\"", false),
            ("error = [\"States.Timeout\", \"States.TaskFailed\"]", true),
            ("error = \"ECS.*\"", true),
            ("launch_type = \"EC2\"", true),
            ("ran_for = \"..1m\"", true),
            (
                "stop_code = \"EssentialContainerExited\", exit_code = 4",
                false,
            ),
            ("stop_code = \"TaskFailedToStart\", reason = 'x'", false),
        ] {
            let rule = format!("[[rule]]\nname = \"a\"\nwhen = {{ {when} }}\ntype = \"FATAL\"\n");
            let (policy, _) = Policy::load(&(limits.to_owned() + &rule)).unwrap();
            assert_eq!(is_broad(&policy.rules()[0]), expected, "{when}");
        }
    }
}
