//! From the TOML as written to the compiled policy, collecting every problem on the way.

use crate::analysis::guarantee;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::language::backoff::Backoff;
use crate::language::conditions::{self as matchers, CodeNames};
use crate::language::keys as language;
use crate::language::test_cases::{self as scenarios, Names};
use crate::language::tree::{Node, Table, Value};
use crate::language::values::{self as raw, Name, Section};
use crate::policy::backoff::{BackoffTable, MAX_RETRIES};
use crate::policy::duration;
use crate::policy::{
    Action, DEFAULT_RULE, Limits, MAX_POLICY_BYTES, MAX_RULES, NO_RULE, Policy, Rule,
};
use memchr::memchr_iter;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The version of the language that this engine speaks.
const VERSION: i64 = 1;

/// The compiled policy, complete only where no error was pushed. What only its author asks for, tests and guarantee, is in
/// it if it is to be `whole`.
pub(crate) fn policy(text: &str, whole: bool, out: &mut Diagnostics) -> Option<Policy> {
    if text.len() > MAX_POLICY_BYTES {
        let label = format!("{} bytes, the most is {MAX_POLICY_BYTES}", text.len());
        out.push(
            Code::TooLarge,
            0..0,
            "the policy is too large",
            label,
            "split the workflow, or drop rules that `[default]` covers",
        );
        return None;
    }
    let document = raw::parse(text, out)?;
    let root = Section {
        table: Table(&document),
        span: (0, 0),
        name: Name::Words("the policy"),
    };
    root.only(language::POLICY, out);
    version(root, out);
    let container = root
        .get("container")
        .and_then(|value| container_name(value, out));
    let limits = limits(root, out);
    let mut lowering = Lowering {
        text,
        max_retries: limits.map(|limits| limits.max_retries),
        names: exit_code_names(root, out),
        backoffs: BTreeMap::new(),
        used_backoffs: BTreeSet::new(),
        counted_lines: (0, 1),
    };
    lowering.named_backoffs(root, out);
    let rules = lowering.rules(root, out);
    let default = lowering.default(root, out);
    lowering.report_unused(root, out);
    let (tests, guarantee) = if whole {
        let mut names = Names {
            container: container.as_deref(),
            rules: &rules,
            codes: &mut lowering.names,
        };
        (
            scenarios::lower(root, &mut names, out),
            guarantee::lower(root, out),
        )
    } else {
        Default::default()
    };
    let exit_codes = lowering
        .names
        .codes
        .iter()
        .map(|(name, code)| (code.bits(), name.clone()))
        .collect();
    let (limits, limits_span) = (limits?, limits_span(root));
    bound_retries(limits, &rules, limits_span.clone(), out);
    let (source, hash) = (text.to_owned(), crate::policy::model::hash(text));
    Some(Policy {
        container,
        limits,
        limits_span,
        exit_codes,
        rules,
        default,
        tests,
        guarantee,
        source,
        hash,
    })
}

fn version(root: Section<'_, '_>, out: &mut Diagnostics) {
    let Some(value) = root.required("version", "version = 1", out) else {
        return;
    };
    if let Some(version) = raw::integer(value, out).filter(|version| *version != VERSION) {
        out.push(
            Code::UnknownVersion,
            value.span(),
            format!("version {version} of the policy language"),
            "not known here",
            format!("write `version = {VERSION}`"),
        );
    }
}

fn limits(root: Section<'_, '_>, out: &mut Diagnostics) -> Option<Limits> {
    let value = root.required("limits", "limits = { max_retries = 3 }", out)?;
    let section = Section::of(value, "`[limits]`", out)?;
    section.only(language::LIMITS, out);
    let max_retries = section.required("max_retries", "max_retries = 3", out);
    let max_retries =
        max_retries.and_then(|value| raw::count(value, "max_retries", 0..=MAX_RETRIES, out));
    let mut optional = |key| section.get(key).map(|value| raw::duration(value, out));
    let (max_total_wait, max_elapsed) = (optional("max_total_wait"), optional("max_elapsed"));
    Some(Limits {
        max_retries: max_retries?,
        max_total_wait: max_total_wait.flatten(),
        max_elapsed: max_elapsed.flatten(),
    })
}

/// Where the limits are.
fn limits_span(root: Section<'_, '_>) -> Range<usize> {
    root.get("limits").map_or(0..0, |value| value.span())
}

fn exit_code_names(root: Section<'_, '_>, out: &mut Diagnostics) -> CodeNames {
    let mut names = CodeNames::default();
    let Some(section) = root
        .get("exit_codes")
        .and_then(|value| Section::of(value, "`[exit_codes]`", out))
    else {
        names.incomplete = root.get("exit_codes").is_some();
        return names;
    };
    for (key, value) in section.table.iter() {
        let name = key.get_ref();
        let mut letters = name.chars();
        let starts_well = letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !starts_well
            || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
            || name.len() > 64
            || name == "absent"
        {
            let help =
                "use letters, digits and `_`, at most 64, no digit first; `absent` is reserved";
            out.push(
                Code::BadName,
                key.span(),
                format!("{} cannot name an exit code", quoted(name)),
                "not a name",
                help,
            );
            names.incomplete = true;
            continue;
        }
        let Some(code) =
            raw::integer(value, out).and_then(|code| matchers::exit_code(code, value, out))
        else {
            names.incomplete = true;
            continue;
        };
        if let Some((other, _)) = names.codes.iter().find(|(_, known)| **known == code) {
            let message = format!(
                "{} and {} name the same exit code",
                quoted(other),
                quoted(name)
            );
            let problem = Diagnostic::new(
                Code::RepeatedName,
                value.span(),
                message,
                "again here",
                "keep one of the names",
            );
            let first = section
                .get(other)
                .map_or(value.span(), |first| first.span());
            out.add(problem.also(first, "named here first"));
        }
        names.codes.insert(name.to_owned(), code);
    }
    names
}

/// The name of a container, spelt as ECS allows.
fn container_name(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<String> {
    let name = raw::text(value, out)?;
    let fits = !name.is_empty()
        && name.len() <= 255
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !fits {
        let help = "container names have letters, digits, `-` and `_`, at most 255";
        out.push(
            Code::BadName,
            value.span(),
            format!("{} cannot name a container", quoted(name)),
            "not a name",
            help,
        );
    }
    fits.then(|| name.to_owned())
}

/// Whether a rule or a backoff may be called so.
fn check_name(name: &str, span: Range<usize>, what: &str, out: &mut Diagnostics) {
    let spelling = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(spelling) || name.is_empty() || name.starts_with('-') || name.len() > 64 {
        let help = "use small letters, digits and `-`, at most 64, no `-` first";
        out.push(
            Code::BadName,
            span,
            format!("{} cannot name a {what}", quoted(name)),
            "not a name",
            help,
        );
    } else if name == DEFAULT_RULE || name == NO_RULE {
        let help = match (what, name) {
            ("rule", DEFAULT_RULE) => {
                "choose another name; what no rule matched is for `[default]`, without a name"
            }
            _ => "choose another name",
        };
        out.push(
            Code::BadName,
            span,
            format!("{} cannot name a {what}", quoted(name)),
            "reserved",
            help,
        );
    }
}

/// No execution may have more retries than its history can hold, whatever fails.
fn bound_retries(limits: Limits, rules: &[Rule], span: Range<usize>, out: &mut Diagnostics) {
    let uncounted: u64 = rules
        .iter()
        .filter(|rule| !rule.counts)
        .map(|rule| u64::from(rule.max_retries()))
        .sum();
    let total = uncounted + u64::from(limits.max_retries);
    if total > MAX_RETRIES.into() {
        let label = format!(
            "{} counted and {uncounted} uncounted make {total}",
            limits.max_retries
        );
        let message = format!("more than {MAX_RETRIES} retries in one execution");
        out.push(
            Code::TooManyRetries,
            span,
            message,
            label,
            "lower `max_retries` here or of rules with `counts = false`",
        );
    }
}

struct Lowering<'p> {
    text: &'p str,
    /// `limits.max_retries`, the default of every rule's own; nothing where it cannot be read.
    max_retries: Option<u32>,
    names: CodeNames,
    /// By name; nothing where the definition cannot be read.
    backoffs: BTreeMap<String, Option<Backoff>>,
    used_backoffs: BTreeSet<String>,
    /// A place in the text, and its line: rules come in their order, so that lines are counted once.
    counted_lines: (usize, usize),
}

impl Lowering<'_> {
    /// The line of a place, from 1.
    fn line(&mut self, at: usize) -> usize {
        let (counted, line) = if at < self.counted_lines.0 {
            (0, 1)
        } else {
            self.counted_lines
        };
        let between = self.text.as_bytes().get(counted..at).unwrap_or_default();
        let line = line + memchr_iter(b'\n', between).count();
        self.counted_lines = (at, line);
        line
    }

    fn named_backoffs(&mut self, root: Section<'_, '_>, out: &mut Diagnostics) {
        let Some(section) = root
            .get("backoff")
            .and_then(|value| Section::of(value, "`[backoff]`", out))
        else {
            return;
        };
        for (key, value) in section.table.iter() {
            let name = key.get_ref();
            check_name(name, key.span(), "backoff", out);
            let title = format!("`[backoff.{name}]`");
            let backoff = Section::of(value, &title, out)
                .and_then(|section| Backoff::lower(section, self.text, out));
            self.backoffs.insert(name.to_owned(), backoff);
        }
    }

    fn rules(&mut self, root: Section<'_, '_>, out: &mut Diagnostics) -> Vec<Rule> {
        let Some(value) = root.get("rule") else {
            return Vec::new();
        };
        let Some(list) = raw::list(
            value,
            "a list of rules",
            "head each rule with `[[rule]]`",
            out,
        ) else {
            return Vec::new();
        };
        if let Some(first_too_many) = list.iter().nth(MAX_RULES) {
            let span = first_too_many.span();
            let label = format!("{} rules, the most is {MAX_RULES}", list.iter().count());
            out.push(
                Code::TooLarge,
                span,
                "too many rules",
                label,
                "join rules that do the same",
            );
            return Vec::new();
        }
        let mut rules: Vec<Rule> = Vec::new();
        let mut names = BTreeMap::new();
        for value in list.iter() {
            let Some(section) = Section::of(value, "`[[rule]]`", out) else {
                continue;
            };
            rules.push(self.rule(section, out));
            let Some(named) = section.get("name") else {
                continue;
            };
            let Value::String(name) = named.get_ref() else {
                continue;
            };
            if let Some(first) = names
                .insert(name, named.span())
                .filter(|_| !name.is_empty())
            {
                let message = format!("two rules are called {}", quoted(name));
                let help = "give each rule its own name; to match more with one rule, list the values in its `when`";
                let problem = Diagnostic::new(
                    Code::RepeatedName,
                    named.span(),
                    message,
                    "again here",
                    help,
                );
                out.add(problem.also(first, "named here first"));
            }
        }
        rules
    }

    /// A rule as far as it can be read; whatever cannot was reported.
    fn rule(&mut self, section: Section<'_, '_>, out: &mut Diagnostics) -> Rule {
        section.only(language::RULE, out);
        let name = section.required("name", "name = \"network-error\"", out);
        let name = name.and_then(|value| Some((raw::text(value, out)?, value.span())));
        if let Some((name, span)) = &name {
            check_name(name, span.clone(), "rule", out);
        }
        let name = name.map_or("", |(name, _)| name);
        let section = if name.is_empty() {
            section
        } else {
            Section {
                name: Name::Rule(name),
                ..section
            }
        };
        let when = self.when(section, out);
        let container = when
            .and_then(|when| when.get("container"))
            .and_then(|value| container_name(value, out));
        let matchers = when
            .map(|when| matchers::lower(when, self.text, &mut self.names, out))
            .unwrap_or_default();
        let counts = section
            .get("counts")
            .and_then(|value| raw::flag(value, out))
            .unwrap_or(true);
        let action = self.action(section, counts, out).unwrap_or(Action::Fatal);
        let line = self.line(section.span.0);
        Rule {
            name: name.to_owned(),
            span: section.span(),
            line,
            container,
            matchers,
            action,
            counts,
        }
    }

    fn when<'t, 'i>(
        &self,
        section: Section<'t, 'i>,
        out: &mut Diagnostics,
    ) -> Option<Section<'t, 'i>> {
        if section.misses("when") {
            let message = format!("{} has no `when`", section.name);
            let help = "add `when = { exit_code = 4 }` or another matcher; what no rule matched is for `[default]`";
            out.push(
                Code::NoMatcher,
                section.span(),
                message,
                "matches nothing in particular",
                help,
            );
        }
        Section::of(section.get("when")?, "`when`", out)
    }

    fn default(&mut self, root: Section<'_, '_>, out: &mut Diagnostics) -> Rule {
        let section = root
            .get("default")
            .and_then(|value| Section::of(value, "`[default]`", out));
        let action = section.and_then(|section| {
            section.only(language::DEFAULT, out);
            self.action(section, true, out)
        });
        Rule {
            name: DEFAULT_RULE.to_owned(),
            span: section.map_or(0..0, |section| section.span()),
            line: section.map_or(0, |section| self.line(section.span.0)),
            container: None,
            matchers: Vec::new(),
            action: action.unwrap_or(Action::Fatal),
            counts: true,
        }
    }

    /// What `type`, `max_retries`, `backoff` and `counts` say together.
    fn action(
        &mut self,
        section: Section<'_, '_>,
        counts: bool,
        out: &mut Diagnostics,
    ) -> Option<Action> {
        #[derive(Clone, Copy, PartialEq)]
        enum Type {
            Retriable,
            Temporary,
            Fatal,
        }
        let words = [
            ("RETRIABLE", Type::Retriable),
            ("TEMPORARY", Type::Temporary),
            ("FATAL", Type::Fatal),
        ];
        let own = section
            .get("max_retries")
            .map(|value| raw::count(value, "max_retries", 1..=MAX_RETRIES, out));
        let backoff = section.get("backoff");
        let kind = section
            .required("type", "type = \"FATAL\"", out)
            .and_then(|value| raw::word(value, "type", &words, out));
        let max_retries = match own {
            Some(own) => own,
            None if counts => self.max_retries,
            None => {
                if kind != Some(Type::Fatal) && section.misses("max_retries") {
                    let span = section
                        .get("counts")
                        .map_or(section.span(), |value| value.span());
                    let message = format!(
                        "{} is not counted and has no `max_retries` of its own",
                        section.name
                    );
                    out.push(
                        Code::KeysDoNotFit,
                        span,
                        message,
                        "nothing bounds its retries",
                        "add `max_retries = 5`, or drop `counts = false`",
                    );
                }
                None
            }
        };
        // Delays are checked also where the type cannot be read or takes none: one pass finds all.
        let table = backoff.and_then(|value| self.backoff(value, max_retries, out));
        let mut misfit = |key: &str, why: &str, help: &str| {
            if let Some(value) = section.get(key) {
                let message = format!("`{key}` in {} does not fit its type", section.name);
                out.push(Code::KeysDoNotFit, value.span(), message, why, help);
            }
        };
        match kind? {
            Type::Fatal => {
                misfit(
                    "max_retries",
                    "FATAL stops at once",
                    "drop it, or use RETRIABLE or TEMPORARY",
                );
                misfit(
                    "backoff",
                    "FATAL stops at once",
                    "drop it, or use TEMPORARY",
                );
                misfit(
                    "counts",
                    "FATAL has no retries to count",
                    "drop it, or use RETRIABLE or TEMPORARY",
                );
                Some(Action::Fatal)
            }
            Type::Retriable => {
                misfit(
                    "backoff",
                    "RETRIABLE runs again at once",
                    "drop it, or use TEMPORARY",
                );
                Some(Action::Retriable {
                    max_retries: max_retries?,
                })
            }
            Type::Temporary => {
                if section.misses("backoff") {
                    let span = section
                        .get("type")
                        .map_or(section.span(), |value| value.span());
                    let message = format!("{} has no `backoff`", section.name);
                    out.push(
                        Code::KeysDoNotFit,
                        span,
                        message,
                        "TEMPORARY waits, but how long",
                        "add `backoff = { constant = \"60s\" }`, or use RETRIABLE",
                    );
                }
                Some(Action::Temporary {
                    max_retries: max_retries?,
                    backoff: table?,
                })
            }
        }
    }

    fn backoff(
        &mut self,
        value: Node<'_, '_>,
        retries: Option<u32>,
        out: &mut Diagnostics,
    ) -> Option<BackoffTable> {
        let Value::String(name) = value.get_ref() else {
            if !matches!(value.get_ref(), Value::Table(_)) {
                return raw::wrong_type(
                    value,
                    "a backoff",
                    "write the name of a `[backoff]`, or `{ constant = \"60s\" }`",
                    out,
                );
            }
            let section = Section::of(value, "`backoff`", out)?;
            return Backoff::lower(section, self.text, out)?.tabulate(retries, out);
        };
        self.used_backoffs.insert(name.to_string());
        let Some(backoff) = self.backoffs.get(name) else {
            let known: Vec<_> = self.backoffs.keys().map(|name| quoted(name)).collect();
            let meant = self.backoffs.keys().find(|known| raw::alike(known, name));
            let help = match (known.as_slice(), meant) {
                _ if duration::parse(name).is_ok() => {
                    format!("write `backoff = {{ constant = \"{name}\" }}`")
                }
                (_, Some(meant)) => format!("did you mean `{meant}`?"),
                ([], None) => format!("add `[backoff.{name}]`"),
                (known, None) => format!("the backoffs here are {}", known.join(", ")),
            };
            out.push(
                Code::UnknownBackoff,
                value.span(),
                format!("no backoff is called {}", quoted(name)),
                "not defined",
                help,
            );
            return None;
        };
        backoff.as_ref()?.tabulate(retries, out)
    }

    /// Names that no rule uses, and the delays of such backoffs, which nothing else would check.
    fn report_unused(&self, root: Section<'_, '_>, out: &mut Diagnostics) {
        let unused = |table, used: &BTreeSet<String>| {
            let keys = root.get(table).and_then(|value| match value.get_ref() {
                Value::Table(table) => Some(table.keys()),
                _ => None,
            });
            keys.into_iter()
                .flatten()
                .filter(|key| !used.contains(key.get_ref()))
                .collect::<Vec<_>>()
        };
        let backoffs = unused("backoff", &self.used_backoffs);
        for backoff in backoffs
            .iter()
            .filter_map(|key| self.backoffs.get(key.get_ref())?.as_ref())
        {
            backoff.tabulate(self.max_retries, out);
        }
        // A misspelt name elsewhere leaves the right one unused: one mistake, one diagnostic.
        if out.has_errors() {
            return;
        }
        for key in unused("exit_codes", &self.names.used) {
            let message = format!("no rule uses the exit code {}", quoted(key.get_ref()));
            let help = "write a rule for it; until then other rules or `[default]` decide";
            out.push(Code::UnusedExitCode, key.span(), message, "not used", help);
        }
        for key in backoffs {
            let message = format!("no rule uses the backoff {}", quoted(key.get_ref()));
            out.push(
                Code::UnusedBackoff,
                key.span(),
                message,
                "not used",
                "name it in a rule's `backoff`, or drop it",
            );
        }
    }
}
