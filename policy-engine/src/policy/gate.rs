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
