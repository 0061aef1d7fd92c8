//! The compiled policy as a whole.

use super::exit_codes::ExitCodeSet;
use super::guarantee::Guarantee;
use super::pattern::Pattern;
use super::resources::{Price, Size};
use super::rule::Rule;
use super::test_case::TestCase;
use crate::failure::{ExitCode, Failure, Text};
use std::ops::Range;

/// Maximum number of rules in a policy. Nobody could keep a longer list in the right order by hand.
pub const MAX_RULES: usize = 500;

/// Maximum size of a policy text, in bytes.
///
/// Source: a quarter of the maximum input size of a state (Step Functions quotas, 256 KiB).
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// Maximum number of retries in one execution, counted and uncounted together.
///
/// Source: Step Functions quotas, at most 25,000 history events. A retry with a wait takes 15
/// events, so 1,000 retries leave 10 more events per retry, for retries of the Lambda function
/// itself.
pub const MAX_RETRIES: u32 = 1_000;

/// A policy that was loaded without errors.
///
/// Two policies are equal if they make the same decisions: positions in the text, tests and the
/// guarantee are ignored.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) container: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) limits_span: Range<usize>,
    /// Names for exit codes, in alphabetical order of the names. No code has two names.
    pub(crate) exit_codes: Vec<(String, ExitCodeSet)>,
    /// The rules in order, without `[default]`.
    pub(crate) rules: Vec<Rule>,
    pub(crate) default_rule: Rule,
    /// The sizes of the task, the first one first.
    pub(crate) sizes: Vec<Size>,
    /// The capacity providers, the one where runs start first.
    pub(crate) providers: Vec<String>,
    pub(crate) price: Option<Price>,
    pub(crate) test_cases: Vec<TestCase>,
    pub(crate) guarantee: Guarantee,
    pub(crate) source: String,
    pub(crate) hash: String,
}

/// Limits on one execution as a whole. A limit is `None` if the policy does not set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum number of retries of all counted rules together, `0..=1000`.
    pub max_retries: u32,
    /// Maximum sum of all waits, in seconds.
    pub max_total_wait: Option<u64>,
    /// Maximum time from the start of the execution to the end of the next wait, in seconds.
    pub max_elapsed: Option<u64>,
    /// Maximum time of one run, in seconds, `1..=99999999`.
    pub max_run_time: Option<u32>,
}

impl Limits {
    /// Returns the shorter of the two time limits, in seconds. `None` if neither is set.
    pub(crate) fn shortest_time(&self) -> Option<u64> {
        [self.max_total_wait, self.max_elapsed]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Policy {
    /// Returns the name of the container that rules examine, unless a rule names another one.
    /// `None` stands for the task's only container.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// Returns the limits on one execution as a whole.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns the rules in order, without `[default]`.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the rule that handles a failure if no other rule matches it: `[default]`, or an
    /// implied FATAL rule if the policy has no `[default]`.
    pub fn default_rule(&self) -> &Rule {
        &self.default_rule
    }

    /// Returns all rules in order, ending with `[default]`.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rule> + Clone {
        self.rules.iter().chain([&self.default_rule])
    }

    /// Returns the rule with this name; `default` is `[default]`. `None` if the policy has no such
    /// rule.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.all_rules().find(|rule| rule.name() == name)
    }

    /// Returns the rule that handles this failure: the first rule that matches it, or else
    /// `[default]`.
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
        self.deciding_rule_by(failure, &Pattern::is_in)
    }

    /// Returns the rule that handles this failure, if `is_in` tells whether a text has a pattern.
    ///
    /// It must find the same as [`Pattern::is_in`]. A search that takes long to prepare and little time for
    /// each text pays off for millions of failures.
    pub fn deciding_rule_by(
        &self,
        failure: &Failure<'_>,
        is_in: &impl Fn(&Pattern, &Text<'_>) -> bool,
    ) -> &Rule {
        // Most rules examine the same container, so it is looked up only once.
        let seen = failure.seen(self.container());
        let matches = |rule: &&Rule| {
            let other = rule.container() != self.container();
            let seen = if other {
                failure.seen(rule.container())
            } else {
                seen
            };
            let mut matchers = rule.matchers().iter();
            matchers.all(|matcher| matcher.condition().holds_by(&seen, is_in))
        };
        self.rules
            .iter()
            .find(matches)
            .unwrap_or(&self.default_rule)
    }

    /// Returns the number of retries that a rule of this policy can have in one execution.
    pub fn retries_of(&self, rule: &Rule) -> u32 {
        match rule.counts() {
            true => rule.max_retries().min(self.limits.max_retries),
            false => rule.max_retries(),
        }
    }

    /// Returns the sizes of the task, smallest first. The first one is what the task definition says.
    /// Empty if the policy has none.
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// Returns the size of the run after this number of retries that take the next larger one. `None`
    /// if the policy has no sizes.
    pub(crate) fn size_after(&self, retries: u32) -> Option<Size> {
        let index = usize::try_from(retries).unwrap_or(usize::MAX);
        self.sizes.get(index).or(self.sizes.last()).copied()
    }

    /// Returns the capacity providers, the one where runs start first. Empty if the policy has none.
    pub fn providers(&self) -> &[String] {
        &self.providers
    }

    /// Returns the prices of a running task. `None` if the policy has none.
    pub fn price(&self) -> Option<&Price> {
        self.price.as_ref()
    }

    /// Returns the `[[test]]` cases of the policy, in order. Empty if the policy was [loaded for
    /// decisions](Policy::load_for_decisions) only.
    pub fn test_cases(&self) -> &[TestCase] {
        &self.test_cases
    }

    /// Returns the names that `[exit_codes]` defines, in alphabetical order, each with the first of
    /// its codes.
    pub fn exit_codes(&self) -> impl Iterator<Item = (&str, ExitCode)> {
        let codes = self.exit_codes.iter();
        codes.filter_map(|(name, codes)| Some((name.as_str(), codes.first()?)))
    }

    /// Returns the names that `[exit_codes]` defines, in alphabetical order, each with all of its
    /// codes. No code has two names.
    pub fn exit_code_sets(&self) -> impl Iterator<Item = (&str, &ExitCodeSet)> {
        let codes = self.exit_codes.iter();
        codes.map(|(name, codes)| (name.as_str(), codes))
    }

    /// Returns the name that `[exit_codes]` defines for this code, or `None`.
    pub fn exit_code_name(&self, code: ExitCode) -> Option<&str> {
        let mut codes = self.exit_codes.iter();
        let (name, _) = codes.find(|(_, named)| named.contains(Some(code)))?;
        Some(name)
    }

    /// Returns `sha256:` and the first 12 hexadecimal digits of the SHA-256 of the source text.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Returns the TOML text from which the policy was loaded.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.container == other.container
            && self.limits == other.limits
            && self.exit_codes == other.exit_codes
            && self.sizes == other.sizes
            && self.providers == other.providers
            && self.all_rules().eq(other.all_rules())
    }
}

impl Eq for Policy {}
