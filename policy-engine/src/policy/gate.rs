//! A quick look at a failure that tells most rules not to bother: what it lets through is then tried for real.

use super::{NameMatch, Rule, Test};
use crate::failure::Failure;
use crate::pattern::{Pattern, Signs, Trigrams};
use std::cell::OnceCell;
use std::ops::RangeInclusive;

/// A missing exit code, next to the numbers of 32 bits.
const ABSENT: u64 = 1 << 32;

/// The bit of a missing name; names have the other bits.
const UNNAMED: u32 = 1 << 31;

/// A failure as gates look at it.
pub(super) struct View<'f> {
    failure: &'f Failure<'f>,
    /// Of the container that the policy names.
    code: u64,
    stop_code: u32,
    error: u32,
    /// Of all texts together; made when the first gate asks.
    trigrams: OnceCell<Trigrams>,
}

impl<'f> View<'f> {
    pub(super) fn of(failure: &'f Failure<'f>, container: Option<&str>) -> Self {
        let code = failure.container(container).ok().and_then(|container| container.exit_code);
        Self {
            failure,
            code: code.map_or(ABSENT, |code| code.bits().into()),
            stop_code: failure.stop_code.as_deref().map_or(UNNAMED, bit),
            error: failure.error.as_deref().map_or(UNNAMED, bit),
            trigrams: OnceCell::new(),
        }
    }

    fn trigrams(&self) -> &Trigrams {
        self.trigrams.get_or_init(|| {
            let failure = self.failure;
            let own = failure.containers.iter().filter_map(|container| container.reason.as_ref());
            let texts = failure.stopped_reason.iter().chain(own).chain(&failure.placement_reasons);
            texts.chain(&failure.plain_text).map(|text| text.trigrams()).collect()
        })
    }
}

/// What a failure must have at least to meet a rule's conditions.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// From the smallest code to the largest one.
    codes: RangeInclusive<u64>,
    stop_codes: u32,
    errors: u32,
    /// The signs of one of these; nothing where there is no telling.
    signs: Option<Vec<Signs>>,
}

impl Gate {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut gate = Self { codes: 0..=ABSENT, stop_codes: u32::MAX, errors: u32::MAX, signs: None };
        for matcher in &rule.matchers {
            match &matcher.test {
                // Another container's code is not what the view has.
                Test::ExitCode(set) if rule.container.is_none() => {
                    let ends = set.ranges.iter().flat_map(|range| [u64::from(*range.start()), u64::from(*range.end())]);
                    let ends = ends.chain(set.absent.then_some(ABSENT));
                    gate.codes = ends.clone().min().unwrap_or(0)..=ends.max().unwrap_or(ABSENT);
                }
                Test::StopCode(names) => gate.stop_codes = names.iter().fold(0, |bits, name| bits | bit(name)),
                Test::Error(names) => {
                    gate.errors = names.iter().fold(0, |bits, name| match name {
                        NameMatch::Exactly(name) => bits | bit(name),
                        NameMatch::StartingWith(_) => bits | !UNNAMED,
                    });
                }
                Test::Reason(patterns) | Test::StoppedReason(patterns) | Test::ContainerReason(patterns) => {
                    let signs: Option<Vec<_>> = patterns.iter().map(Pattern::signs).collect();
                    gate.signs = gate.signs.or_else(|| Some(signs?.concat()));
                }
                _ => {}
            }
        }
        gate
    }

    /// Whether the rule may match; where it may not, it does not.
    pub(super) fn admits(&self, view: &View<'_>) -> bool {
        self.codes.contains(&view.code)
            && self.stop_codes & view.stop_code != 0
            && self.errors & view.error != 0
            && self.signs.as_ref().is_none_or(|signs| signs.iter().any(|signs| view.trigrams().have(*signs)))
    }
}

/// One of 31 bits, the same for the same name.
fn bit(name: &str) -> u32 {
    let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    1 << (sum % 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    /// What a rule's gate says; where it says no, the rule says no.
    #[track_caller]
    fn check(when: &str, error: &str, cause: &str, expected: bool) {
        let rule = format!("[[rule]]\nname = 'it'\nwhen = {{ {when} }}\ntype = 'FATAL'\n");
        let policy = Policy::compile(&format!("version = 1\nlimits.max_retries = 3\n{rule}")).unwrap();
        let failure = Failure::read(Some(error).filter(|error| !error.is_empty()), Some(cause));
        let admitted = policy.gates[0].admits(&View::of(&failure, policy.container()));
        assert_eq!(admitted, expected, "{when} {error} {cause}");
        assert!(admitted || policy.rules[0].mismatch(&policy, &failure).is_some());
    }

    #[test]
    fn rules_about_other_failures_are_passed_over() {
        let task =
            |code: &str| format!("{{\"Containers\":[{{\"Name\":\"app\"{code}}}],\"StopCode\":\"UserInitiated\"}}");
        let exited = |code: u32| task(&format!(",\"ExitCode\":{code}"));
        for (when, cause, expected) in [
            ("exit_code = 4", exited(4), true),
            ("exit_code = 4", exited(5), false),
            ("exit_code = 4", task(""), false),
            ("exit_code = [4, 9]", exited(3), false),
            ("exit_code = [4, 9]", exited(5), true),
            ("exit_code = [4, 9]", exited(10), false),
            ("exit_code = 'absent'", exited(4), false),
            ("exit_code = 'absent'", task(""), true),
            ("exit_code = [4, 'absent']", exited(3), false),
            ("exit_code = [4, 'absent']", task(""), true),
            ("exit_code = 4, container = 'proxy'", exited(5), true),
            ("stop_code = 'UserInitiated'", task(""), true),
            ("stop_code = ['SpotInterruption', 'UserInitiated']", task(""), true),
            ("stop_code = 'SpotInterruption'", task(""), false),
            ("stop_code = 'UserInitiated'", "{}".to_owned(), false),
        ] {
            check(when, "E", &cause, expected);
        }
        for (when, error, expected) in [
            ("error = 'States.Timeout'", "States.Timeout", true),
            ("error = 'States.Timeout'", "States.TaskFailed", false),
            ("error = 'States.Timeout'", "", false),
            ("error = ['States.Timeout', 'E']", "E", true),
            ("error = 'ECS.*'", "States.Timeout", true),
            ("error = 'ECS.*'", "", false),
        ] {
            check(when, error, "", expected);
        }
        for (when, cause, expected) in [
            ("reason = 'too many requests'", "Too Many Requests: slow down", true),
            ("reason = 'too many requests'", "too much of it", false),
            ("reason = ['too many', 'rate exceeded']", "Rate exceeded", true),
            ("reason = 'x|too many'", "nothing of the kind", true),
            ("stopped_reason = 'too many'", r#"{"StoppedReason":"too many"}"#, true),
            ("stopped_reason = 'too many'", r#"{"StoppedReason":"too few"}"#, false),
            ("container_reason = 'too many'", r#"{"Containers":[{"Reason":"too many"}]}"#, true),
            ("container_reason = 'too many'", r#"{"Containers":[{"Reason":"too few"}]}"#, false),
            ("reason = 'too many'", r#"{"Failures":[{"Detail":"too many"}]}"#, true),
            ("reason = 'too many', stopped_reason = 'few'", r#"{"StoppedReason":"few"}"#, false),
        ] {
            check(when, "E", cause, expected);
        }
    }
}
