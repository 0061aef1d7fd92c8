//! Reads `[[rule]]` and `[default]`.

use super::backoff::NamedBackoffs;
use super::conditions::{self, PatternReader};
use super::exit_codes::ExitCodeNames;
use super::keys;
use super::names;
use super::resources::{NextSpec, Resources};
use super::section::Section;
use super::tree::TomlNode;
use super::values;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, counted, quoted};
use crate::policy::{
    Action, Condition, DEFAULT_OUTCOME, DEFAULT_RULE, MAX_RETRIES, MAX_RULES, Matcher, Rule, Type,
};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeValue;

/// Reads rules, with the parts of the policy that rules refer to.
pub(super) struct RuleReader<'p> {
    pub(super) policy: &'p str,
    /// The policy's `container`.
    pub(super) container: Option<&'p str>,
    /// `limits.max_retries`, which rules inherit. `None` if it could not be read.
    pub(super) max_retries: Option<u32>,
    /// Whether the policy has a `[when]` outside its rules, which is reported as an unknown key.
    pub(super) has_stray_when: bool,
    pub(super) exit_codes: ExitCodeNames,
    pub(super) backoffs: NamedBackoffs,
    pub(super) resources: Resources,
    pub(super) patterns: PatternReader<'p>,
}

impl RuleReader<'_> {
    /// Reads all `[[rule]]` tables, in order.
    pub(super) fn rules(&mut self, root: &Section<'_>, out: &mut Diagnostics) -> Vec<Rule> {
        let Some(value) = root.get("rule") else {
            return Vec::new();
        };
        let help = "head each rule with `[[rule]]`";
        let Some(list) = values::list(value, "a list of rules", help, out) else {
            return Vec::new();
        };
        if let Some(first_too_many) = list.get(MAX_RULES) {
            let problem = Diagnostic::new(Code::TooLarge, first_too_many.span(), "too many rules");
            let label = format!("{} rules, the most is {MAX_RULES}", list.len());
            out.push(problem.label(label).help("join rules that do the same"));
            return Vec::new();
        }
        let lines = LineStarts::of(self.policy);
        let mut rules = Vec::with_capacity(list.len());
        let mut names = BTreeMap::new();
        for value in list {
            let Some(section) = Section::of(
                value,
                "`[[rule]]`",
                "{ name = \"a\", when = { exit_code = 4 }, type = \"FATAL\" }",
                out,
            ) else {
                continue;
            };
            let named = section.get("name");
            let line = lines.line(section.span.start);
            rules.push(self.rule(section, rules.len(), line, out));
            let Some(named) = named else { continue };
            let DeValue::String(name) = named.get_ref() else {
                continue;
            };
            if let Some(first) = names
                .insert(name, named.span())
                .filter(|_| !name.is_empty())
            {
                let message = format!("two rules are called {}", quoted(name));
                let problem = Diagnostic::new(Code::RepeatedName, named.span(), message);
                let help = "give each rule its own name; to match more with one rule, list the \
                            values in its `when`";
                let problem = problem.label("again here").help(help);
                out.push(problem.related(first, "named here first"));
            }
        }
        rules
    }

    /// Reads a rule, as completely as possible; problems are reported.
    fn rule(
        &mut self,
        mut section: Section<'_>,
        position: usize,
        line: usize,
        out: &mut Diagnostics,
    ) -> Rule {
        section.only(keys::RULE, out);
        let value = section.required("name", "name = \"network-error\"", out);
        let name = value
            .and_then(|value| Some((values::text(value, "\"network-error\"", out)?, value.span())));
        if let Some((name, span)) = name.clone() {
            names::check(name, span, "rule", out);
        }
        let name = name.map_or("", |(name, _)| name);
        if !name.is_empty() {
            section.name = format!("rule {}", quoted(name));
        }
        let when = self.when(&section, out);
        let container = when.as_ref().and_then(|when| when.get("container"));
        let container = container.and_then(|value| names::container(value, out));
        let matchers = when.as_ref().map_or_else(Vec::new, |when| {
            conditions::read(when, &mut self.exit_codes, &mut self.patterns, out)
        });
        let counts = section
            .get("counts")
            .and_then(|value| values::flag(value, out));
        let counts = counts.unwrap_or(true);
        let next = self.resources.next(&section, out);
        let action = self.action(&section, counts, &next, out);
        if let (Some(when), Some(Action::Success { .. })) = (&when, &action) {
            check_success(&section, when, &matchers, out);
        }
        let action = action.unwrap_or(Action::Fatal);
        Rule {
            name: name.to_owned(),
            position,
            span: section.span,
            line,
            container: container.or_else(|| self.container.map(str::to_owned)),
            matchers,
            action,
            counts,
            next: next.next,
        }
    }

    /// The conditions of a rule. `None` if there are none; then that is reported.
    fn when<'t>(&self, section: &Section<'t>, out: &mut Diagnostics) -> Option<Section<'t>> {
        if section.misses("when") && !self.has_stray_when {
            let message = format!("{} has no `when`", section.name);
            let problem = Diagnostic::new(Code::NoMatcher, section.span.clone(), message);
            let help = "add `when = { exit_code = 4 }` or another matcher; failures that no rule \
                        matches are for `[default]`";
            out.push(problem.label("this rule has no matcher").help(help));
        }
        Section::of(section.get("when")?, "`when`", "{ exit_code = 4 }", out)
    }

    /// `[default]`; FATAL if the policy has none. `position` is the number of rules before it.
    pub(super) fn default_rule(
        &mut self,
        root: &Section<'_>,
        position: usize,
        out: &mut Diagnostics,
    ) -> Rule {
        let section = root.table("default", out);
        let next = section
            .as_ref()
            .map(|section| self.resources.next(section, out));
        let next = next.unwrap_or_default();
        let action = section.as_ref().and_then(|section| {
            section.only(keys::DEFAULT, out);
            self.action(section, true, &next, out)
                .filter(|action| is_default_action(action, section, out))
        });
        let span = section.map_or(0..0, |section| section.span);
        let line = match span.is_empty() {
            true => 0,
            false => LineStarts::of(self.policy).line(span.start),
        };
        Rule {
            name: DEFAULT_RULE.to_owned(),
            position,
            span,
            line,
            container: self.container.map(str::to_owned),
            matchers: Vec::new(),
            action: action.unwrap_or(Action::Fatal),
            counts: true,
            next: next.next,
        }
    }

    /// Reads `type`, `max_retries`, `backoff` and `outcome`, and checks that they and `counts` fit
    /// together.
    fn action(
        &mut self,
        section: &Section<'_>,
        counts: bool,
        next: &NextSpec,
        out: &mut Diagnostics,
    ) -> Option<Action> {
        let types = Type::ALL.map(|it| (it.as_str(), it));
        let value = section.required("type", "type = \"FATAL\"", out);
        let type_ = value.and_then(|value| values::word(value, "type", types, out));
        let outcome = match section.get("outcome") {
            Some(value) => outcome(value, out),
            None => Some(DEFAULT_OUTCOME.to_owned()),
        };
        // FATAL and SUCCESS have neither. In other rules, the delays are checked even if the type is
        // missing or does not allow a backoff, so that one pass reports all problems.
        let (mut max_retries, mut backoff) = (None, None);
        if !matches!(type_, Some(Type::Fatal | Type::Success)) {
            max_retries = self.max_retries(section, counts, next, out);
            if let Some(max_retries) = max_retries {
                check_after(section, next, max_retries, out);
            }
            backoff = section
                .get("backoff")
                .and_then(|value| self.backoffs.of_rule(value, self.policy, max_retries, out));
        }
        let mut refuse = |key: &str, why: &str, help: &str| {
            if let Some(value) = section.get(key) {
                let message = format!("`{key}` in {} does not fit its type", section.name);
                let problem = Diagnostic::new(Code::KeysDoNotFit, value.span(), message);
                out.push(problem.label(why).help(help));
            }
        };
        let type_ = type_?;
        if type_ != Type::Success {
            let why = "only SUCCESS has an `outcome`";
            refuse("outcome", why, "remove it, or use SUCCESS");
        }
        match type_ {
            Type::Fatal | Type::Success => {
                let (stops, no_retries) = (
                    format!("{type_} stops at once"),
                    format!("{type_} has no retries to count"),
                );
                let other_type = "remove it, or use RETRIABLE or TEMPORARY";
                refuse("max_retries", &stops, other_type);
                refuse("backoff", &stops, "remove it, or use TEMPORARY");
                refuse("counts", &no_retries, other_type);
                refuse("next", &stops, other_type);
                match type_ {
                    Type::Success => Some(Action::Success { outcome: outcome? }),
                    _ => Some(Action::Fatal),
                }
            }
            Type::Retriable => {
                refuse(
                    "backoff",
                    "RETRIABLE runs again at once",
                    "remove it, or use TEMPORARY",
                );
                Some(Action::Retriable {
                    max_retries: max_retries?,
                })
            }
            Type::Temporary => {
                if section.misses("backoff") {
                    let message = format!("{} has no `backoff`", section.name);
                    let span = section.span_of("type");
                    let problem = Diagnostic::new(Code::KeysDoNotFit, span, message);
                    let help = "add `backoff = { constant = \"60s\" }`, or use RETRIABLE";
                    out.push(problem.label("TEMPORARY needs a `backoff`").help(help));
                }
                Some(Action::Temporary {
                    max_retries: max_retries?,
                    backoff: backoff?,
                })
            }
        }
    }

    /// Returns the rule's own `max_retries`, or else the number of larger sizes if the rule takes
    /// these, or else that of `[limits]`. `None` if there is none, or if it could not be read.
    fn max_retries(
        &self,
        section: &Section<'_>,
        counts: bool,
        next: &NextSpec,
        out: &mut Diagnostics,
    ) -> Option<u32> {
        if let Some(value) = section.get("max_retries") {
            let own = values::count(value, "max_retries", 1..=MAX_RETRIES, out)?;
            check_larger_sizes(section, next, (own, value.span()), out);
            return Some(own);
        }
        if let Some(larger_sizes) = next.max_retries {
            let counted = self.max_retries.filter(|_| counts);
            return Some(counted.map_or(larger_sizes, |it| it.min(larger_sizes)));
        }
        if counts {
            return self.max_retries;
        }
        if section.misses("max_retries") {
            let message = format!(
                "{} is not counted and has no `max_retries` of its own",
                section.name
            );
            let span = section.span_of("counts");
            let problem = Diagnostic::new(Code::KeysDoNotFit, span, message);
            let help = "add `max_retries = 5`, or remove `counts = false`";
            out.push(problem.label("nothing bounds its retries").help(help));
        }
        None
    }
}

/// Reports a rule with more retries than there are larger sizes. `own` is the rule's own
/// `max_retries`.
fn check_larger_sizes(
    section: &Section<'_>,
    next: &NextSpec,
    (own, span): (u32, Range<usize>),
    out: &mut Diagnostics,
) {
    if let Some(larger_sizes) = next.max_retries.filter(|it| own > *it) {
        let message = format!(
            "{} has more retries than there are larger sizes",
            section.name
        );
        let problem = Diagnostic::new(Code::KeysDoNotFit, span, message);
        let help = format!("write `{larger_sizes}`, remove `max_retries`, or add a `[[size]]`");
        let sizes = usize::try_from(larger_sizes).unwrap_or_default();
        let label = format!("{own} retries, {}", counted(sizes, "larger size"));
        out.push(problem.label(label).help(help));
    }
}

/// Warns about a capacity provider that none of the rule's retries takes.
fn check_after(section: &Section<'_>, next: &NextSpec, max_retries: u32, out: &mut Diagnostics) {
    let after = next.next.provider.map(|it| it.after);
    let Some(after) = after.filter(|after| *after > max_retries && max_retries > 0) else {
        return;
    };
    let message = format!("{} never moves to the other provider", section.name);
    let problem = Diagnostic::new(Code::UnreachableRetries, section.span_of("next"), message);
    let help = format!("raise its `max_retries` to at least {after}, or lower `after`");
    let label = match max_retries {
        1 => format!("`after` is {after}, but the rule has 1 retry"),
        _ => format!("`after` is {after}, but the rule has {max_retries} retries"),
    };
    out.push(problem.label(label).help(help));
}

/// Reads the outcome of a SUCCESS rule. `None` if it is not a text; then that is reported.
fn outcome(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<String> {
    let name = values::text(value, "\"skipped\"", out)?;
    names::check(name, value.span(), "outcome", out);
    Some(name.to_owned())
}

/// Reports a SUCCESS rule that also matches failures without an exit code: a task that never ran
/// has not succeeded.
fn check_success(
    section: &Section<'_>,
    when: &Section<'_>,
    matchers: &[Matcher],
    out: &mut Diagnostics,
) {
    let codes = matchers.iter().find_map(|it| match it.condition() {
        Condition::ExitCode(codes) => Some((it, codes)),
        _ => None,
    });
    let (span, label, help) = match codes {
        Some((_, codes)) if !codes.absent => return,
        Some((matcher, _)) => (
            matcher.span(),
            "matches tasks that never ran",
            "remove `\"absent\"`: what never ran has not succeeded",
        ),
        // An exit code that could not be read has been reported.
        None if when.get("exit_code").is_some() => return,
        None => (
            section.span_of("type"),
            "needs an `exit_code` in `when`",
            "add the codes that mean success, for example `exit_code = 0`: what never ran has not \
             succeeded",
        ),
    };
    let message = format!("{} is SUCCESS without an exit code", section.name);
    let problem = Diagnostic::new(Code::KeysDoNotFit, span, message);
    out.push(problem.label(label).help(help));
}

/// Returns whether `[default]` can have this action. If not, that is reported.
fn is_default_action(action: &Action, section: &Section<'_>, out: &mut Diagnostics) -> bool {
    let is_success = matches!(action, Action::Success { .. });
    if is_success {
        let span = section.span_of("type");
        let problem = Diagnostic::new(Code::KeysDoNotFit, span, "`[default]` cannot be SUCCESS");
        let help = "write a rule that matches the exit codes that mean success";
        out.push(
            problem
                .label("also decides about tasks that never ran")
                .help(help),
        );
    }
    !is_success
}

/// The byte offsets at which the lines of a text start.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self([0].into_iter().chain(after_breaks).collect())
    }

    /// Returns the line of a byte offset, counted from 1.
    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}
