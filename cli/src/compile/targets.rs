//! The policies that `--policy` names, and the states that get them.

use crate::policy_file::PolicyFile;
use anyhow::Result;
use exitwise_asl_compiler::{Backend, StateChoice, WeaveTarget, WovenState};
use exitwise_engine::Policy;
use std::path::Path;

/// Policies, each with the state that gets it.
pub(super) struct Targets(pub(super) Vec<Target>);

/// A policy, and the state that gets it.
pub(super) struct Target {
    /// `None` stands for every Task state that runs ECS or Batch.
    pub(super) state: Option<String>,
    pub(super) name: String,
    pub(super) policy: Policy,
}

impl Targets {
    /// Loads the policies of `[STATE=]POLICY` options. `None` if one of them cannot be used; then its
    /// problems are printed.
    pub(super) fn load(options: &[String], backend: &Backend) -> Result<Option<Self>> {
        let mut targets = Vec::new();
        let mut are_usable = true;
        for option in options {
            let (state, path) = split(option);
            match PolicyFile::load(Some(Path::new(path)))?.usable_for(backend) {
                None => are_usable = false,
                Some((name, policy)) => targets.push(Target {
                    state: state.map(str::to_owned),
                    name,
                    policy,
                }),
            }
        }
        Ok(are_usable.then_some(Self(targets)))
    }

    /// Returns the policy of a woven state. `None` if no target has it.
    pub(super) fn policy_of(&self, state: &WovenState) -> Option<&Policy> {
        let mut targets = self.0.iter();
        let target = targets.find(|target| target.name == state.policy_name)?;
        Some(&target.policy)
    }

    /// Returns the targets for weaving.
    pub(super) fn to_weave(&self) -> Vec<WeaveTarget<'_>> {
        let targets = self.0.iter();
        targets
            .map(|target| WeaveTarget {
                states: match &target.state {
                    Some(state) => StateChoice::Named(state),
                    None => StateChoice::ContainerTasks,
                },
                policy: &target.policy,
                policy_name: &target.name,
            })
            .collect()
    }
}

/// Splits `STATE=POLICY` or `POLICY`. A file whose name has a `=` is a policy.
fn split(option: &str) -> (Option<&str>, &str) {
    match option.rsplit_once('=') {
        Some((state, path)) if !Path::new(option).exists() => (Some(state), path),
        _ => (None, option),
    }
}
