//! The worst case in time and money, for policies that limit the time of one run.
//!
//! Every run takes at most `limits.max_run_time`, except that `max_elapsed` leaves less for all runs
//! before the last one. Among executions with the same retries, the dearest one first takes the
//! larger sizes: sizes never shrink, so every later run then costs at least as much. And if time is
//! short, it spends it on the largest size.

use super::retries::Retries;
use super::search::for_each_set;
use crate::policy::{Decimal, Policy, Rule, Size};

/// Bounds on the time and the cost of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunTimeBounds {
    /// Maximum time from the start of an execution to its end, in seconds.
    pub duration_seconds: u64,
    /// Maximum use of the task's CPU and memory. `None` if the policy has no sizes.
    pub usage: Option<Usage>,
    /// Maximum cost, in the currency of the policy's prices. `None` if it has no sizes or no prices.
    pub cost: Option<Decimal>,
    /// Whether each figure is exact. Otherwise they are upper bounds.
    pub is_exact: bool,
}

/// The use of CPU and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// In seconds × CPU units.
    pub cpu_seconds: u64,
    /// In seconds × MiB.
    pub memory_seconds: u64,
}

impl Usage {
    /// Returns the use with one more run of this size and time.
    pub(crate) fn and(self, size: Size, seconds: u64) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds + seconds * u64::from(size.cpu),
            memory_seconds: self.memory_seconds + seconds * u64::from(size.memory),
        }
    }

    /// Returns the larger figure of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds.max(other.cpu_seconds),
            memory_seconds: self.memory_seconds.max(other.memory_seconds),
        }
    }

    /// Returns the use of CPU in vCPU-hours.
    pub fn vcpu_hours(self) -> Decimal {
        Decimal::of(self.cpu_seconds.into(), 3_600 * 1_024)
    }

    /// Returns the use of memory in GB-hours.
    pub fn gb_hours(self) -> Decimal {
        Decimal::of(self.memory_seconds.into(), 3_600 * 1_024)
    }
}

impl RunTimeBounds {
    /// Computes the bounds. `rules` are the reachable rules that allow retries. `longest` are the
    /// retries with the longest waits, if no time limit applies. `None` if the policy does not limit
    /// the time of a run.
    pub(super) fn of(policy: &Policy, rules: &[&Rule], longest: Retries) -> Option<Self> {
        let limits = policy.limits();
        let run_time = u64::from(limits.max_run_time?);
        let clock = Clock {
            policy,
            run_time,
            max_wait: limits.max_total_wait.unwrap_or(u64::MAX),
            max_elapsed: limits.max_elapsed.unwrap_or(u64::MAX),
        };
        let dearest = dearest(rules, limits.max_retries);
        let both = clock.bounds(longest).max(clock.bounds(dearest));
        if !clock.cuts(longest) && !clock.cuts(dearest) {
            return Some(both);
        }
        let time = limits.shortest_time().unwrap_or(u64::MAX);
        let mut bounds = clock.bounds(Retries::default());
        let is_exact = for_each_set(rules, limits.max_retries, time, &mut |_, set| {
            bounds = bounds.max(clock.bounds(set));
        });
        // Without waits, more time is left for the runs.
        let without_waits = |set| clock.bounds(Retries { shortest: 0, ..set });
        Some(match is_exact {
            true => bounds,
            false => RunTimeBounds {
                is_exact: false,
                ..without_waits(longest).max(without_waits(dearest))
            },
        })
    }

    /// Returns the larger figure of each.
    fn max(self, other: Self) -> Self {
        let usage = [self.usage, other.usage].into_iter().flatten();
        let costs = [self.cost, other.cost].into_iter().flatten();
        Self {
            duration_seconds: self.duration_seconds.max(other.duration_seconds),
            usage: usage.reduce(Usage::max),
            cost: costs.max_by(|one, other| one.compare(*other)),
            is_exact: self.is_exact && other.is_exact,
        }
    }
}

/// The limits on time.
struct Clock<'p> {
    policy: &'p Policy,
    run_time: u64,
    max_wait: u64,
    max_elapsed: u64,
}

impl Clock<'_> {
    /// Returns whether a time limit forbids an execution with these retries whose runs all take their
    /// longest time.
    fn cuts(&self, set: Retries) -> bool {
        let runs = u64::from(set.count).saturating_mul(self.run_time);
        let elapsed = runs.saturating_add(set.longest.min(self.max_wait));
        set.shortest > self.max_wait || elapsed > self.max_elapsed
    }

    /// Returns the largest figures of an execution with these retries.
    fn bounds(&self, set: Retries) -> RunTimeBounds {
        let usage = self.usage(set);
        let cost = usage.zip(self.policy.price());
        RunTimeBounds {
            duration_seconds: self.duration(set),
            usage,
            cost: cost.map(|(usage, price)| price.cost(usage.cpu_seconds, usage.memory_seconds)),
            is_exact: true,
        }
    }

    /// Returns the longest time of an execution with these retries. The last run starts before
    /// `max_elapsed` has passed.
    fn duration(&self, set: Retries) -> u64 {
        let runs = u64::from(set.count).saturating_mul(self.run_time);
        let before_last = runs.saturating_add(set.longest.min(self.max_wait));
        before_last
            .min(self.max_elapsed)
            .saturating_add(self.run_time)
    }

    /// Returns the largest use of an execution with these retries. `None` if the policy has no sizes.
    fn usage(&self, set: Retries) -> Option<Usage> {
        let size = |climbs: u32| self.policy.size_after(climbs);
        let mut usage = Usage::default().and(size(set.climbs)?, self.run_time);
        // The time that the runs before the last one can take together.
        let mut left = self.max_elapsed.saturating_sub(set.shortest);
        let others = set.count - set.climbs;
        let steps = (0..set.climbs).rev().map(|climbs| (climbs, 1));
        for (climbs, runs) in [(set.climbs, others)].into_iter().chain(steps) {
            let seconds = left.min(u64::from(runs) * self.run_time);
            usage = usage.and(size(climbs)?, seconds);
            left -= seconds;
        }
        Some(usage)
    }
}

/// Returns the set of retries that takes the larger sizes as often as possible, and is otherwise as
/// large as possible, ignoring time limits.
fn dearest(rules: &[&Rule], max_retries: u32) -> Retries {
    let mut left = max_retries;
    let mut total = Retries::default();
    let (first, then): (Vec<&Rule>, Vec<&Rule>) =
        rules.iter().partition(|rule| rule.next().larger_size);
    for rule in first.into_iter().chain(then) {
        let uses = match rule.counts() {
            true => rule.max_retries().min(left),
            false => rule.max_retries(),
        };
        left -= if rule.counts() { uses } else { 0 };
        total = (0..uses).fold(total, |total, earlier| total.and(rule, earlier));
    }
    total
}
