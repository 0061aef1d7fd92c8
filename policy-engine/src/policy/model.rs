//! The compiled policy. Only `lower` builds one, so nothing can be wrong with it afterwards.

use crate::analysis::guarantee::Guarantee;
use crate::analysis::test_runner::Scenario;
use crate::analysis::worst_case::WorstCase;
use crate::diagnostic::Diagnostics;
use crate::failure::{ExitCode, Failure};
use crate::policy::backoff::BackoffTable;
use crate::policy::pattern::{Pattern, Text};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};

/// The name that decisions of `[default]` carry, in `retries` too.
pub const DEFAULT_RULE: &str = "default";

/// The rule name of a decision that no rule was asked for.
pub const NO_RULE: &str = "none";

/// Most rules of a policy; more than a person can keep in order.
pub const MAX_RULES: usize = 500;

/// Longest policy text, in bytes: a quarter of what a state's input may have (Step Functions quotas, 256 KiB).
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// A policy that loaded without errors.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) container: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) limits_span: Range<usize>,
    /// Names of exit codes, few and rarely asked for.
    pub(crate) exit_codes: Vec<(u32, String)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) default: Rule,
    pub(crate) tests: Vec<Scenario>,
    pub(crate) guarantee: Guarantee,
    pub(crate) source: String,
    pub(crate) hash: String,
}

/// What one execution may use up in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Retries of all counted rules together, `0..=1000`.
    pub max_retries: u32,
    /// Sum of all waits, in seconds.
    pub max_total_wait: Option<u64>,
    /// From the execution's start to the end of the next wait, in seconds.
    pub max_elapsed: Option<u64>,
}

impl Policy {
    /// Loads a policy from its TOML text; the diagnostics beside it are warnings.
    ///
    /// # Errors
    /// All problems of the text, errors and warnings, in the order of their places.
    ///
    /// # Examples
    ///
    /// ```
    /// # use policy_engine::Policy;
    /// let (policy, warnings) = Policy::load("version = 1\nlimits = { max_retries = 3 }\n").unwrap();
    /// assert_eq!(policy.limits().max_retries, 3);
    /// assert!(warnings.is_empty());
    /// assert!(Policy::load("version = 2").is_err());
    /// ```
    pub fn load(text: &str) -> Result<(Self, Diagnostics), Diagnostics> {
        let mut found = Diagnostics::default();
        let policy = Self::lowered(text, true, &mut found)?;
        let worst = WorstCase::of(&policy);
        policy.guarantee.hold(&policy, &worst, &mut found);
        crate::analysis::lints::policy(&policy, &worst, &mut found);
        found.sort();
        if found.has_errors() {
            Err(found)
        } else {
            Ok((policy, found))
        }
    }

    /// Loads a policy without its tests and guarantee, and without looking for warnings, which takes longer than all the
    /// rest: for the function that runs it.
    ///
    /// # Errors
    /// As [`Policy::load`], but for what is wrong with tests and guarantee.
    pub fn compile(text: &str) -> Result<Self, Diagnostics> {
        Self::lowered(text, false, &mut Diagnostics::default())
    }

    /// The policy, with the warnings of lowering it in `found`; or all problems, in the order of their places.
    fn lowered(text: &str, whole: bool, found: &mut Diagnostics) -> Result<Self, Diagnostics> {
        let policy =
            crate::language::lower::policy(text, whole, found).filter(|_| !found.has_errors());
        policy.ok_or_else(|| {
            found.sort();
            std::mem::take(found)
        })
    }

    /// The container whose exit code counts, unless a rule names another.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// What one execution may use up in all.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The rules in their order, `[default]` not among them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What decides when no rule matches: `[default]`, or FATAL where the policy has none.
    pub fn default_rule(&self) -> &Rule {
        &self.default
    }

    /// The policy's own tests, in their order; none where it was compiled and not loaded.
    pub fn tests(&self) -> &[Scenario] {
        &self.tests
    }

    /// All rules, `[default]` last.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().chain([&self.default])
    }

    /// The rules that some failure can reach, as far as can be told, `[default]` last: an unreachable rule may be among
    /// them, a reachable one is never left out.
    pub fn reachable_rules(&self) -> impl Iterator<Item = &Rule> {
        let rules =
            self.rules.iter().enumerate().filter(|(index, _)| {
                crate::analysis::reachability::takers(self, *index).is_empty()
            });
        rules.map(|(_, rule)| rule).chain([&self.default])
    }

    /// The first rule that matches, else `[default]`.
    pub fn deciding(&self, failure: &Failure<'_>) -> &Rule {
        self.rules
            .iter()
            .find(|rule| rule.mismatch(self, failure).is_none())
            .unwrap_or(&self.default)
    }

    /// The name that the policy gives an exit code.
    pub fn exit_code_name(&self, code: ExitCode) -> Option<&str> {
        self.exit_codes
            .iter()
            .find(|(named, _)| *named == code.bits())
            .map(|(_, name)| name.as_str())
    }

    /// The names that the policy gives to exit codes, with their codes' unsigned 32 bits.
    pub fn exit_codes(&self) -> impl Iterator<Item = (&str, u32)> {
        self.exit_codes
            .iter()
            .map(|(code, name)| (name.as_str(), *code))
    }

    /// `sha256:` and the first 12 hex digits of the SHA-256 of the text as given.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The text that the policy was loaded from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The name of the container that a rule looks at.
    pub(crate) fn container_for<'p>(&'p self, rule: &'p Rule) -> Option<&'p str> {
        rule.container.as_deref().or(self.container())
    }
}

pub(crate) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    let digits = digest
        .iter()
        .take(6)
        .flat_map(|byte| [byte >> 4, byte & 15]);
    "sha256:"
        .chars()
        .chain(digits.filter_map(|digit| char::from_digit(digit.into(), 16)))
        .collect()
}

/// One rule, or `[default]`.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) container: Option<String>,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) action: Action,
    pub(crate) counts: bool,
}

/// What a rule does about the failures it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Run again at once.
    Retriable {
        /// The rule's own limit.
        max_retries: u32,
    },
    /// Wait, then run again.
    Temporary {
        /// The rule's own limit.
        max_retries: u32,
        /// One delay for each of these retries.
        backoff: BackoffTable,
    },
    /// Stop.
    Fatal,
}

impl Rule {
    /// The rule's name; `default` for `[default]`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the policy where the rule starts, from 1; 0 for a default that the policy leaves out.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Where the rule starts: bytes of [`Policy::source`]; empty for a default that the policy leaves out.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What the rule does.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// Whether its retries use up `limits.max_retries`.
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// The conditions, all of which must hold, in the order in which they are tried; empty for `[default]`.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// How many retries the rule itself allows; 0 for FATAL.
    pub fn max_retries(&self) -> u32 {
        match &self.action {
            Action::Retriable { max_retries } | Action::Temporary { max_retries, .. } => {
                *max_retries
            }
            Action::Fatal => 0,
        }
    }

    /// The first condition that the failure does not meet.
    pub fn mismatch(&self, policy: &Policy, failure: &Failure<'_>) -> Option<&Matcher> {
        let container = policy.container_for(self);
        self.matchers
            .iter()
            .find(|matcher| !matcher.test.holds(failure, container))
    }
}

/// One condition of a rule.
#[derive(Debug, Clone)]
pub struct Matcher {
    pub(crate) test: Test,
    pub(crate) span: Range<usize>,
}

impl Matcher {
    /// The key as the policy spells it.
    pub fn key(&self) -> &'static str {
        self.test.key()
    }

    /// The condition's value, bytes of [`Policy::source`].
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What the condition was held against, for people; the texts in it come from the failure as they are.
    pub fn seen<'f>(
        &self,
        policy: &Policy,
        rule: &Rule,
        failure: &'f Failure<'_>,
    ) -> Vec<Cow<'f, str>> {
        self.test.seen(failure, policy.container_for(rule))
    }

    /// What met the condition, for people: the part of each text that a pattern was found in, else what was seen.
    pub fn found<'f>(
        &self,
        policy: &Policy,
        rule: &Rule,
        failure: &'f Failure<'_>,
    ) -> Vec<Cow<'f, str>> {
        let container = policy.container_for(rule);
        match &self.test {
            Test::Reason(patterns)
            | Test::StoppedReason(patterns)
            | Test::ContainerReason(patterns) => {
                let texts = self.test.texts(failure, container);
                let found =
                    texts.filter_map(|text| patterns.iter().find_map(|pattern| pattern.find(text)));
                found.map(Cow::Borrowed).collect()
            }
            _ => self.seen(policy, rule, failure),
        }
    }
}

/// The values are or-ed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    Error(Vec<NameMatch>),
    StopCode(Vec<String>),
    LaunchType(Vec<String>),
    CapacityProvider(Vec<String>),
    ExitCode(CodeSet),
    Reason(Vec<Pattern>),
    StoppedReason(Vec<Pattern>),
    ContainerReason(Vec<Pattern>),
}

/// An error name, exact or by its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameMatch {
    Exactly(String),
    StartingWith(String),
}

impl NameMatch {
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exactly(wanted) => name == wanted,
            Self::StartingWith(prefix) => name.starts_with(prefix.as_str()),
        }
    }
}

/// A set of exit codes, by their unsigned 32 bits, and whether a missing code is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CodeSet {
    pub(crate) ranges: Vec<RangeInclusive<u32>>,
    pub(crate) absent: bool,
}

impl CodeSet {
    pub(crate) fn contains(&self, code: Option<ExitCode>) -> bool {
        code.map_or(self.absent, |code| {
            self.ranges.iter().any(|range| range.contains(&code.bits()))
        })
    }
}

impl Test {
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Error(_) => "error",
            Self::StopCode(_) => "stop_code",
            Self::LaunchType(_) => "launch_type",
            Self::CapacityProvider(_) => "capacity_provider",
            Self::ExitCode(_) => "exit_code",
            Self::Reason(_) => "reason",
            Self::StoppedReason(_) => "stopped_reason",
            Self::ContainerReason(_) => "container_reason",
        }
    }

    /// Whether the value depends on the container that is looked at.
    pub(crate) fn looks_at_container(&self) -> bool {
        matches!(
            self,
            Self::ExitCode(_) | Self::Reason(_) | Self::ContainerReason(_)
        )
    }

    pub(crate) fn holds(&self, failure: &Failure<'_>, container: Option<&str>) -> bool {
        let one_of = |names: &[String], seen: &Option<Cow<'_, str>>| {
            seen.as_ref()
                .is_some_and(|seen| names.iter().any(|name| name == seen))
        };
        match self {
            Self::Error(names) => failure
                .error
                .as_ref()
                .is_some_and(|seen| names.iter().any(|name| name.matches(seen))),
            Self::StopCode(names) => one_of(names, &failure.stop_code),
            Self::LaunchType(names) => one_of(names, &failure.launch_type),
            Self::CapacityProvider(names) => one_of(names, &failure.capacity_provider),
            Self::ExitCode(set) => set.contains(
                failure
                    .container(container)
                    .ok()
                    .and_then(|it| it.exit_code),
            ),
            Self::Reason(patterns)
            | Self::StoppedReason(patterns)
            | Self::ContainerReason(patterns) => self
                .texts(failure, container)
                .any(|text| patterns.iter().any(|pattern| pattern.is_in(text))),
        }
    }

    /// The texts that patterns of this kind are searched in; none for other kinds.
    pub(crate) fn texts<'f, 'a>(
        &self,
        failure: &'f Failure<'a>,
        container: Option<&str>,
    ) -> impl Iterator<Item = &'f Text<'a>> {
        let reason = matches!(self, Self::Reason(_));
        let task = failure
            .stopped_reason
            .as_ref()
            .filter(|_| reason || matches!(self, Self::StoppedReason(_)));
        let own = (reason || matches!(self, Self::ContainerReason(_))).then(|| {
            failure
                .container(container)
                .ok()
                .and_then(|it| it.reason.as_ref())
        });
        let rest = reason.then(|| failure.placement_reasons.iter().chain(&failure.plain_text));
        task.into_iter()
            .chain(own.flatten())
            .chain(rest.into_iter().flatten())
    }

    pub(crate) fn seen<'f>(
        &self,
        failure: &'f Failure<'_>,
        container: Option<&str>,
    ) -> Vec<Cow<'f, str>> {
        let name = |seen: &'f Option<Cow<'_, str>>| {
            seen.as_deref().map(Cow::Borrowed).into_iter().collect()
        };
        match self {
            Self::Error(_) => name(&failure.error),
            Self::StopCode(_) => name(&failure.stop_code),
            Self::LaunchType(_) => name(&failure.launch_type),
            Self::CapacityProvider(_) => name(&failure.capacity_provider),
            Self::ExitCode(_) => {
                let code = failure
                    .container(container)
                    .ok()
                    .and_then(|it| it.exit_code);
                code.map(|code| Cow::Owned(code.to_string()))
                    .into_iter()
                    .collect()
            }
            _ => self
                .texts(failure, container)
                .map(|text| Cow::Borrowed(text.as_str()))
                .collect(),
        }
    }
}

impl Action {
    /// The word that policies and decisions use for the action.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Retriable { .. } => "RETRIABLE",
            Self::Temporary { .. } => "TEMPORARY",
            Self::Fatal => "FATAL",
        }
    }
}

/// As [`Action::type_name`].
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}
