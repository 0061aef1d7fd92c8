//! The policy as a whole.

use super::guarantee::Guarantee;
use super::rule::Rule;
use super::test_case::TestCase;
use crate::failure::{ExitCode, Failure};
use std::ops::Range;

/// Largest number of rules in a policy: more than a person can keep in order.
pub const MAX_RULES: usize = 500;

/// Largest policy text, in bytes.
///
/// Source: a quarter of the largest input of a state (Step Functions quotas, 256 KiB).
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// Most retries of one execution, counted and uncounted together.
///
/// Source: Step Functions quotas, 25,000 history events. A retry with a wait takes 15, which leaves
/// ten for each to retries of the function.
pub const MAX_RETRIES: u32 = 1_000;

/// A policy that loaded without errors.
///
/// Two policies are equal if they make the same decisions: source positions, tests and the
/// guarantee are ignored.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) container: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) limits_span: Range<usize>,
    /// In the order of the names.
    pub(crate) exit_codes: Vec<(String, ExitCode)>,
    /// In order, without `[default]`.
    pub(crate) rules: Vec<Rule>,
    pub(crate) default_rule: Rule,
    pub(crate) test_cases: Vec<TestCase>,
    pub(crate) guarantee: Guarantee,
    pub(crate) source: String,
    pub(crate) hash: String,
}

/// Limits on one execution as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Retries of all counted rules together, `0..=1000`.
    pub max_retries: u32,
    /// Sum of all waits, in seconds.
    pub max_total_wait: Option<u64>,
    /// Time from the execution's start to the end of the next wait, in seconds.
    pub max_elapsed: Option<u64>,
}

impl Limits {
    /// The shorter of the two time limits, in seconds. `None` if there is neither.
    pub(crate) fn shortest_time(&self) -> Option<u64> {
        [self.max_total_wait, self.max_elapsed]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Policy {
    /// The container whose exit code counts, unless a rule names another. `None` stands for the
    /// task's only container.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// The limits on one execution as a whole.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The rules in order, without `[default]`.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that decides if no other rule matches: `[default]`, or FATAL if the policy has no
    /// `[default]`.
    pub fn default_rule(&self) -> &Rule {
        &self.default_rule
    }

    /// All rules in order; `[default]` is the last.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.rules.iter().chain([&self.default_rule])
    }

    /// The rule with this name; `default` is `[default]`. `None` if the policy has no such rule.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.all_rules().find(|rule| rule.name() == name)
    }

    /// The rule that decides about this failure: the first one that matches, else `[default]`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use exitwise_engine::failure::Failure;
    /// # use exitwise_engine::policy::Policy;
    /// let (policy, _) = Policy::load(r#"
    ///     version = 1
    ///     limits.max_retries = 3
    ///     [[rule]]
    ///     name = "timeout"
    ///     when = { error = "States.Timeout" }
    ///     type = "FATAL"
    /// "#)?;
    /// let rule = |error| policy.deciding_rule(&Failure::read(Some(error), None)).name().to_owned();
    /// assert_eq!(rule("States.Timeout"), "timeout");
    /// assert_eq!(rule("States.TaskFailed"), "default");
    /// # Ok::<(), exitwise_engine::diagnostic::Diagnostics>(())
    /// ```
    pub fn deciding_rule(&self, failure: &Failure<'_>) -> &Rule {
        // Most rules look at the same container: it is looked up once.
        let seen = failure.seen(self.container());
        let matches = |rule: &&Rule| {
            let other = rule.container() != self.container();
            rule.mismatch(&if other {
                failure.seen(rule.container())
            } else {
                seen
            })
            .is_none()
        };
        self.rules
            .iter()
            .find(matches)
            .unwrap_or(&self.default_rule)
    }

    /// The policy's own tests, in order. Empty if the policy was [loaded for
    /// decisions](Policy::load_for_decisions) only.
    pub fn test_cases(&self) -> &[TestCase] {
        &self.test_cases
    }

    /// The names that the policy gives to exit codes, in alphabetical order.
    pub fn exit_codes(&self) -> impl Iterator<Item = (&str, ExitCode)> {
        self.exit_codes
            .iter()
            .map(|(name, code)| (name.as_str(), *code))
    }

    /// The name that the policy gives to this exit code. `None` if it has none.
    pub fn exit_code_name(&self, code: ExitCode) -> Option<&str> {
        self.exit_codes()
            .find(|(_, named)| *named == code)
            .map(|(name, _)| name)
    }

    /// `sha256:` and the first 12 hexadecimal digits of the SHA-256 of the source text.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The TOML text that the policy was loaded from.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.container == other.container
            && self.limits == other.limits
            && self.exit_codes == other.exit_codes
            && self.all_rules().eq(other.all_rules())
    }
}

impl Eq for Policy {}
