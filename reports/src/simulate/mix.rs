//! Random failures: for each rule, the share of runs that fail in such a way that the rule decides.

use super::execution::SimulatedExecution;
use super::failures::{InvalidFailures, SimulatedFailure};
use exitwise_engine::Policy;
use fastrand::Rng;

/// The share of runs that fail if the user gives no shares.
const DEFAULT_FAILING_SHARE: f64 = 0.5;

/// Failures with their shares of all runs, from 0 to 1. The remaining runs succeed.
pub struct FailureMix(Vec<(f64, SimulatedFailure)>);

impl FailureMix {
    /// Parses pairs of the form `rule=share`. Without any pair, half of the runs fail, in equal
    /// shares for all rules that can decide.
    ///
    /// # Errors
    /// Returns an error if a pair cannot be parsed, if its rule cannot decide, or if the shares add
    /// up to more than 1.
    pub fn read(shares: &[String], policy: &Policy) -> Result<Self, InvalidFailures> {
        if shares.is_empty() {
            let failures = policy
                .all_rules()
                .map(|rule| SimulatedFailure::of_rule(rule.name(), policy));
            let failures: Vec<_> = failures.filter_map(Result::ok).collect();
            let share = DEFAULT_FAILING_SHARE
                / f64::from(u32::try_from(failures.len()).unwrap_or(u32::MAX));
            return Ok(Self(
                failures
                    .into_iter()
                    .map(|failure| (share, failure))
                    .collect(),
            ));
        }
        let failures = shares.iter().map(|pair| {
            let (rule, share) = parsed(pair).ok_or_else(|| {
                InvalidFailures(format!(
                    "--mix has `{pair}`; write a rule and a share from 0 to 1, like \
                     network-error=0.7"
                ))
            })?;
            Ok((share, SimulatedFailure::of_rule(rule, policy)?))
        });
        let mix = Self(failures.collect::<Result<_, InvalidFailures>>()?);
        // Allow for rounding errors: shares such as 0.1 are not exact in binary.
        let failing = mix.failing_share();
        if failing > 1.0 + 1e-9 {
            return Err(InvalidFailures(format!(
                "the shares of --mix add up to {failing}; the most is 1"
            )));
        }
        Ok(mix)
    }

    /// Returns the share of runs that fail.
    pub(crate) fn failing_share(&self) -> f64 {
        self.0.iter().map(|(share, _)| share).sum()
    }

    /// Whether all failures have the same share.
    pub(crate) fn is_even(&self) -> bool {
        let first = self.0.first().map(|(share, _)| *share);
        self.0.iter().all(|(share, _)| Some(*share) == first)
    }

    /// The shares with the names of their failures.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (f64, &str)> {
        self.0
            .iter()
            .map(|(share, failure)| (*share, failure.name.as_str()))
    }

    /// Simulates `count` executions. Each has an ID of its own, so their jitter differs.
    pub fn executions<'m>(
        &'m self,
        policy: &'m Policy,
        seed: u64,
        count: u32,
        run_seconds: u64,
    ) -> impl Iterator<Item = SimulatedExecution<'m>> {
        let mut random = Rng::with_seed(seed);
        (1..=count).map(move |number| {
            let id = format!("simulated:{seed}:{number}");
            let failures = std::iter::from_fn(|| self.draw(&mut random));
            SimulatedExecution::of(policy, &id, run_seconds, failures)
        })
    }

    /// Draws a random failure. `None` if the run succeeds.
    fn draw(&self, random: &mut Rng) -> Option<&SimulatedFailure> {
        let mut drawn = random.f64();
        self.0.iter().find_map(|(share, failure)| {
            drawn -= share;
            (drawn < 0.0).then_some(failure)
        })
    }
}

/// Parses a pair of the form `rule=share`.
fn parsed(pair: &str) -> Option<(&str, f64)> {
    let (rule, share) = pair.split_once('=')?;
    let share = share
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))?;
    Some((rule, share))
}
