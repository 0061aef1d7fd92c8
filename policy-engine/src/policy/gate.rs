//! A quick look at a failure that tells most rules not to bother: what it lets through is then tried for real.

use super::{NameMatch, Rule, Test};
use crate::failure::Failure;
use crate::pattern::{Pattern, Signs, Trigrams};
use std::cell::OnceCell;
use std::iter;

/// The bit of a missing name; names have the other bits.
const UNNAMED: u32 = 1 << 31;

/// A failure as gates look at it.
struct View<'f> {
    failure: &'f Failure<'f>,
    /// Of the container that the policy names.
    code: Option<u32>,
    stop_code: u32,
    error: u32,
    /// Of all texts together; made when the first gate asks.
    trigrams: OnceCell<Trigrams>,
}

impl<'f> View<'f> {
    fn of(failure: &'f Failure<'f>, container: Option<&str>) -> Self {
        let code = failure.container(container).ok().and_then(|container| container.exit_code);
        Self {
            failure,
            code: code.map(|code| code.bits()),
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

/// One gate for each rule, in their order.
#[derive(Debug, Clone)]
pub(super) struct Gates {
    gates: Vec<Gate>,
    /// Those of all gates, one after the other.
    signs: Vec<Signs>,
}

/// What a failure must have at least to meet a rule's conditions. Small: a decision looks at all of them.
#[derive(Debug, Clone)]
struct Gate {
    /// The smallest code and the largest one.
    codes: (u32, u32),
    /// Whether a code may be missing.
    absent: bool,
    stop_codes: u32,
    errors: u32,
    /// Start and end in [`Gates::signs`], one of which the texts must have; nothing where there is no telling.
    signs: Option<(u32, u32)>,
}

impl Gates {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut gates = Self { gates: Vec::with_capacity(rules.len()), signs: Vec::new() };
        for rule in rules {
            let gate = Gate::of(rule, &mut gates.signs);
            gates.gates.push(gate);
        }
        gates
    }

    /// The numbers of the rules that may match, in their order; the others do not.
    pub(super) fn admitted<'g>(
        &'g self,
        failure: &'g Failure<'g>,
        container: Option<&str>,
    ) -> impl Iterator<Item = usize> + use<'g> {
        let view = View::of(failure, container);
        let mut next = 0;
        iter::from_fn(move || {
            let admitted = self.first(next, &view)?;
            next = admitted + 1;
            Some(admitted)
        })
    }

    /// The first rule from this one on that may match. Apart, so that the view stays in registers.
    #[inline(never)]
    fn first(&self, from: usize, view: &View<'_>) -> Option<usize> {
        let mut gates = self.gates.get(from..)?.iter();
        gates.position(|gate| gate.admits(view, &self.signs)).map(|skipped| from + skipped)
    }
}

impl Gate {
    /// The signs of its patterns are added to those of earlier gates.
    fn of(rule: &Rule, signs: &mut Vec<Signs>) -> Self {
        let mut gate = Self { codes: (0, u32::MAX), absent: true, stop_codes: u32::MAX, errors: u32::MAX, signs: None };
        for matcher in &rule.matchers {
            match &matcher.test {
                // Another container's code is not what the view has.
                Test::ExitCode(set) if rule.container.is_none() => {
                    let low = set.ranges.iter().map(|range| *range.start()).min();
                    let high = set.ranges.iter().map(|range| *range.end()).max();
                    gate.codes = (low.unwrap_or(u32::MAX), high.unwrap_or(0));
                    gate.absent = set.absent;
                }
                Test::StopCode(names) => gate.stop_codes = names.iter().fold(0, |bits, name| bits | bit(name)),
                Test::Error(names) => {
                    gate.errors = names.iter().fold(0, |bits, name| match name {
                        NameMatch::Exactly(name) => bits | bit(name),
                        NameMatch::StartingWith(_) => bits | !UNNAMED,
                    });
                }
                Test::Reason(patterns) | Test::StoppedReason(patterns) | Test::ContainerReason(patterns)
                    if gate.signs.is_none() && patterns.iter().all(|pattern| pattern.signs().is_some()) =>
                {
                    let place = |signs: &Vec<Signs>| u32::try_from(signs.len()).unwrap_or(u32::MAX);
                    let start = place(signs);
                    signs.extend(patterns.iter().filter_map(Pattern::signs).flatten());
                    gate.signs = Some((start, place(signs)));
                }
                _ => {}
            }
        }
        gate
    }

    fn admits(&self, view: &View<'_>, signs: &[Signs]) -> bool {
        let code = view.code.map_or(self.absent, |code| self.codes.0 <= code && code <= self.codes.1);
        if !code || self.stop_codes & view.stop_code == 0 || self.errors & view.error == 0 {
            return false;
        }
        let Some((start, end)) = self.signs else { return true };
        let wide = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        view.trigrams().have_one_of(signs.get(wide(start)..wide(end)).unwrap_or_default())
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
        let admitted = policy.gates.admitted(&failure, policy.container()).next().is_some();
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
            ("error = ['E', 'ECS.*']", "E", true),
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

    #[test]
    fn names_may_share_a_bit() {
        let other = (0..).map(|n| format!("E{n}")).find(|name| bit(name) == bit("E")).unwrap();
        check(&format!("error = ['E', '{other}']"), "E", "", true);
        check(&format!("stop_code = ['E', '{other}']"), "E", r#"{"StopCode":"E"}"#, true);
    }

    #[test]
    fn all_rules_that_may_match_are_tried_in_their_order() {
        let rules: String = (0..9)
            .map(|n| format!("[[rule]]\nname = 'r{n}'\nwhen = {{ exit_code = {} }}\ntype = 'FATAL'\n", n % 3))
            .collect();
        let policy = Policy::compile(&format!("version = 1\nlimits.max_retries = 3\n{rules}")).unwrap();
        let failure = Failure::read(None, Some(r#"{"Containers":[{"Name":"app","ExitCode":1}]}"#));
        assert_eq!(policy.gates.admitted(&failure, None).collect::<Vec<_>>(), [1, 4, 7]);
    }
}
