//! A policy in its normal form, whatever it was written like; and when two policies are the same.

use crate::policy::duration::Seconds;
use crate::policy::jitter::Jitter;
use crate::policy::pattern::Pattern;
use crate::policy::{Action, CodeSet, Matcher, NameMatch, Policy, Rule, Test};
use std::fmt;

/// The policy as TOML: defaults spelt out, exit codes as ranges of unsigned numbers, delays as tabulated.
///
/// Loaded again it is an equal policy, unless the printed tables are more than [`crate::MAX_POLICY_BYTES`]. It may
/// have other warnings: the names of exit codes are printed, but no rule uses them any more. Tests and guarantee, by which
/// nothing is decided, are not printed.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version = 1")?;
        if let Some(container) = &self.container {
            writeln!(f, "container = {}", string(container))?;
        }
        writeln!(f, "\n[limits]\nmax_retries = {}", self.limits.max_retries)?;
        for (key, limit) in [
            ("max_total_wait", self.limits.max_total_wait),
            ("max_elapsed", self.limits.max_elapsed),
        ] {
            if let Some(seconds) = limit {
                writeln!(f, "{key} = \"{}\"", Seconds(seconds))?;
            }
        }
        if !self.exit_codes.is_empty() {
            writeln!(f, "\n[exit_codes]")?;
        }
        for (code, name) in &self.exit_codes {
            writeln!(f, "{name} = {code}")?;
        }
        for rule in &self.rules {
            writeln!(f, "\n[[rule]]\nname = {}", string(&rule.name))?;
            for matcher in &rule.matchers {
                writeln!(
                    f,
                    "when.{} = [{}]",
                    matcher.key(),
                    matcher.test.values().join(", ")
                )?;
            }
            if let Some(container) = &rule.container {
                writeln!(f, "when.container = {}", string(container))?;
            }
            write!(f, "{}", rule.action_lines())?;
            if rule.action != Action::Fatal {
                writeln!(f, "counts = {}", rule.counts)?;
            }
        }
        write!(f, "\n[default]\n{}", self.default.action_lines())
    }
}

impl Rule {
    /// Without `counts`, which `[default]` does not take.
    fn action_lines(&self) -> String {
        let mut lines = format!("type = \"{}\"\n", self.action);
        // A rule can have none only where `limits` has none; it cannot say so itself.
        if self.max_retries() > 0 {
            lines += &format!("max_retries = {}\n", self.max_retries());
        }
        match &self.action {
            Action::Fatal | Action::Retriable { .. } => lines,
            Action::Temporary { backoff, .. } => {
                let jitter = match backoff.jitter() {
                    Jitter::None => "none",
                    Jitter::Full => "full",
                    Jitter::Equal => "equal",
                };
                // The last one repeats, so that once is enough.
                let delays = backoff.delays();
                let repeated = delays
                    .iter()
                    .rev()
                    .take_while(|delay| Some(*delay) == delays.last())
                    .count();
                let delays = delays
                    .iter()
                    .take(delays.len() - repeated)
                    .chain(delays.last());
                let delays: Vec<_> = delays
                    .map(|delay| format!("\"{}\"", Seconds((*delay).into())))
                    .collect();
                let delays = delays.join(", ");
                format!("{lines}backoff = {{ delays = [{delays}], jitter = \"{jitter}\" }}\n")
            }
        }
    }
}

impl Test {
    /// The values as TOML.
    fn values(&self) -> Vec<String> {
        match self {
            Self::Error(names) => {
                let name = |name: &NameMatch| match name {
                    NameMatch::Exactly(name) => string(name),
                    NameMatch::StartingWith(prefix) => string(&format!("{prefix}*")),
                };
                names.iter().map(name).collect()
            }
            Self::StopCode(names) | Self::LaunchType(names) | Self::CapacityProvider(names) => {
                names.iter().map(|name| string(name)).collect()
            }
            Self::ExitCode(CodeSet { ranges, absent }) => {
                let ranges = ranges
                    .iter()
                    .map(|range| format!("\"{}..={}\"", range.start(), range.end()));
                ranges
                    .chain(absent.then(|| "\"absent\"".to_owned()))
                    .collect()
            }
            Self::Reason(patterns)
            | Self::StoppedReason(patterns)
            | Self::ContainerReason(patterns) => {
                patterns.iter().map(Pattern::as_str).map(string).collect()
            }
        }
    }
}

/// A TOML string: JSON's escapes, and one for DEL, which TOML does not take as it is.
fn string(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}

/// Policies that decide by the same are equal, wherever it stands in their texts.
impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            container,
            limits,
            exit_codes,
            rules,
            default,
            ..
        } = self;
        (container, limits, exit_codes, rules, default)
            == (
                &other.container,
                &other.limits,
                &other.exit_codes,
                &other.rules,
                &other.default,
            )
    }
}

impl Eq for Policy {}

/// Wherever they stand in the text.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            name,
            container,
            matchers,
            action,
            counts,
            span: _,
            line: _,
        } = self;
        (name, container, matchers, action, counts)
            == (
                &other.name,
                &other.container,
                &other.matchers,
                &other.action,
                &other.counts,
            )
    }
}

impl Eq for Rule {}

/// Wherever they stand in the text.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.test == other.test
    }
}

impl Eq for Matcher {}
