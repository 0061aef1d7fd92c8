//! Failures by chance: for each rule how likely a run fails so that it decides.

use super::execution::Execution;
use super::failures::SimulatedFailure;
use anyhow::{Result, anyhow, bail};
use fastrand::Rng;
use policy_engine::Policy;

/// How likely each failure is; what is left to 1 succeeds.
pub(crate) struct Mix(Vec<(f64, SimulatedFailure)>);

impl Mix {
    /// Reads `rule=share` pairs; without any, every rule that decides something fails as often, and half of the runs succeed.
    ///
    /// # Errors
    /// What cannot be read, and what to type instead.
    pub(crate) fn read(shares: &[String], policy: &Policy) -> Result<Self> {
        if shares.is_empty() {
            let names = policy
                .rules()
                .iter()
                .map(|rule| rule.name())
                .chain([policy.default_rule().name()]);
            let failures: Vec<_> = names
                .filter_map(|name| SimulatedFailure::of_rule(name, policy).ok())
                .collect();
            let share = 0.5 / f64::from(u32::try_from(failures.len())?);
            return Ok(Self(
                failures
                    .into_iter()
                    .map(|failure| (share, failure))
                    .collect(),
            ));
        }
        let failures = shares.iter().map(|pair| {
            let share = pair.split_once('=').and_then(|(rule, share)| Some((rule, share.parse::<f64>().ok()?)));
            let share = share.filter(|(_, share)| (0.0..=1.0).contains(share));
            let (rule, share) = share.ok_or_else(|| {
                anyhow!("--mix has `{pair}`; write a rule and a share from 0 to 1, like network-error=0.7")
            })?;
            Ok((share, SimulatedFailure::of_rule(rule, policy)?))
        });
        let mix = Self(failures.collect::<Result<_>>()?);
        // A sum of shares like 0.1 need not be the number it is meant to be.
        if mix.failing() > 1.0 + 1e-9 {
            bail!(
                "the shares of --mix add up to {}; the most is 1",
                mix.failing()
            );
        }
        Ok(mix)
    }

    /// How likely a run fails.
    pub(crate) fn failing(&self) -> f64 {
        self.0.iter().map(|(share, _)| share).sum()
    }

    /// The shares and the names of what fails.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (f64, &str)> {
        self.0
            .iter()
            .map(|(share, failure)| (*share, failure.name.as_str()))
    }

    fn draw(&self, random: &mut Rng) -> Option<&SimulatedFailure> {
        let mut drawn = random.f64();
        self.0.iter().find_map(|(share, failure)| {
            drawn -= share;
            (drawn < 0.0).then_some(failure)
        })
    }
}

/// So many executions, each of an id of its own, so that their jitter differs.
pub(crate) fn executions<'m>(
    policy: &'m Policy,
    mix: &'m Mix,
    seed: u64,
    runs: u32,
    run_seconds: u64,
) -> impl Iterator<Item = Execution<'m>> {
    let mut random = Rng::with_seed(seed);
    (1..=runs).map(move |run| {
        let id = format!("simulated:{seed}:{run}");
        let failures = std::iter::from_fn(|| mix.draw(&mut random));
        Execution::simulate(policy, &id, run_seconds, failures)
    })
}
