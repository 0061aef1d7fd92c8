//! Reads backoffs: `[backoff.<name>]`, and inline backoffs of rules.

use super::formula::Formula;
use super::keys;
use super::section::Section;
use super::tabulation::{Curve, TabulationError};
use super::tree::TomlNode;
use super::values::{self, span_within, wrong_type};
use super::{duration, names};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, list_quoted, quoted};
use crate::policy::{BackoffTable, Jitter, MAX_WAIT_SECONDS, Seconds};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::de::DeValue;

/// A backoff as policies write it.
const EXAMPLE: &str = "{ constant = \"60s\" }";

/// The named backoffs of a policy, and which of them rules have used.
#[derive(Default)]
pub(super) struct NamedBackoffs {
    /// The backoffs by name. `None` if a definition could not be read; then that has been reported.
    definitions: BTreeMap<String, Option<BackoffSpec>>,
    used: BTreeSet<String>,
}

impl NamedBackoffs {
    pub(super) fn read(root: &Section<'_>, policy: &str, out: &mut Diagnostics) -> Self {
        let mut backoffs = Self::default();
        let Some(section) = root.table("backoff", out) else {
            return backoffs;
        };
        for (key, value) in section.members() {
            let name = key.get_ref();
            names::check(name, key.span(), "backoff", out);
            let section = Section::of(value, &format!("`[backoff.{name}]`"), EXAMPLE, out);
            let spec = section.and_then(|section| BackoffSpec::read(&section, policy, out));
            backoffs.definitions.insert(name.to_string(), spec);
        }
        backoffs
    }

    pub(super) fn is_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Reports problems with the delays of backoffs that no rule uses, because otherwise only rules
    /// have their delays checked.
    pub(super) fn check_unused(&self, max_retries: Option<u32>, out: &mut Diagnostics) {
        for (name, spec) in &self.definitions {
            if let Some(spec) = spec.as_ref().filter(|_| !self.is_used(name)) {
                spec.tabulate(max_retries, out);
            }
        }
    }

    /// Reads the `backoff` of a rule: the name of a backoff, or an inline table.
    pub(super) fn of_rule(
        &mut self,
        value: TomlNode<'_>,
        policy: &str,
        retries: Option<u32>,
        out: &mut Diagnostics,
    ) -> Option<BackoffTable> {
        match value.get_ref() {
            DeValue::String(name) => self.named(name, value, out)?.tabulate(retries, out),
            DeValue::Table(_) => {
                let section = Section::of(value, "`backoff`", EXAMPLE, out)?;
                BackoffSpec::read(&section, policy, out)?.tabulate(retries, out)
            }
            other => {
                let help = match other {
                    DeValue::Array(_) => {
                        "write a table, for example `{ delays = [\"10s\", \"1m\"] }`"
                    }
                    _ => "write the name of a `[backoff]`, or `{ constant = \"60s\" }`",
                };
                wrong_type(value, "a backoff", help, out)
            }
        }
    }

    fn named(
        &mut self,
        name: &str,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<&BackoffSpec> {
        self.used.insert(name.to_owned());
        if !self.definitions.contains_key(name) {
            let known = || self.definitions.keys().map(String::as_str);
            let help = if duration::parse(name).is_ok() {
                format!("write `{{ constant = \"{name}\" }}`")
            } else if let Some(meant) = closest(name, known()) {
                format!("did you mean `\"{meant}\"`?")
            } else if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.key() == name) {
                format!("write a table, for example `{}`", kind.example())
            } else if self.definitions.is_empty() {
                format!("add `[backoff.{name}]`")
            } else {
                format!("the backoffs here are {}", list_quoted(known()))
            };
            let message = format!("no backoff is called {}", quoted(name));
            let problem = Diagnostic::new(Code::UnknownBackoff, value.span(), message);
            out.push(problem.label("not defined").help(help));
        }
        self.definitions.get(name)?.as_ref()
    }
}

/// The kinds of backoff. Every backoff has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Constant,
    Linear,
    Exponential,
    Fibonacci,
    Delays,
    Formula,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Constant,
        Self::Linear,
        Self::Exponential,
        Self::Fibonacci,
        Self::Delays,
        Self::Formula,
    ];

    /// A backoff of this kind.
    const fn example(self) -> &'static str {
        match self {
            Self::Constant => EXAMPLE,
            Self::Linear => "{ linear = { initial = \"30s\", step = \"10s\" } }",
            Self::Exponential => "{ exponential = { initial = \"30s\", factor = 2 } }",
            Self::Fibonacci => "{ fibonacci = { initial = \"10s\" } }",
            Self::Delays => "{ delays = [\"10s\", \"1m\"] }",
            Self::Formula => "{ formula = \"60 * n\" }",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Exponential => "exponential",
            Self::Fibonacci => "fibonacci",
            Self::Delays => "delays",
            Self::Formula => "formula",
        }
    }
}

/// A backoff before tabulation, which needs the number of retries of the rule that uses it.
struct BackoffSpec {
    curve: Curve,
    /// The upper bound of the delays, in seconds.
    cap: Option<u64>,
    jitter: Jitter,
    /// The position of the kind's value in the policy text.
    span: Range<usize>,
}

impl BackoffSpec {
    fn read(section: &Section<'_>, policy: &str, out: &mut Diagnostics) -> Option<Self> {
        let kinds: Vec<_> = Kind::ALL
            .into_iter()
            .filter_map(|it| Some((it, section.get(it.key())?)))
            .collect();
        if kinds.is_empty() && report_missing_kind(section, out) {
            return None;
        }
        section.only(keys::BACKOFF, out);
        let cap = section.get("cap").map(|value| values::seconds(value, out));
        let words = Jitter::ALL.map(|jitter| (jitter.as_str(), jitter));
        let jitter = section
            .get("jitter")
            .map(|it| values::word(it, "jitter", words, out));
        if let [_, (second, value), ..] = *kinds {
            let message = format!("{} has more than one kind", section.name);
            let problem = Diagnostic::new(Code::BackoffKind, value.span(), message);
            let label = format!("`{}` is one too many", second.key());
            out.push(problem.label(label).help("keep one of them"));
            return None;
        }
        let (kind, value) = *kinds.first()?;
        let curve = curve(kind, value, policy, out)?;
        // If the cap or the jitter could not be read, that has been reported. The delays without it
        // would be different ones, so there is no point in checking them.
        let cap = match cap {
            None => None,
            Some(cap) => Some(cap?),
        };
        Some(Self {
            curve,
            cap,
            jitter: jitter.unwrap_or(Some(Jitter::None))?,
            span: value.span(),
        })
    }

    /// Computes one delay for each retry. If the number of retries is unknown, computes only the
    /// first delay.
    fn tabulate(&self, retries: Option<u32>, out: &mut Diagnostics) -> Option<BackoffTable> {
        let table =
            BackoffTable::tabulate(&self.curve, retries.unwrap_or(1), self.cap, self.jitter);
        let error = match table {
            Ok(table) => {
                self.lint(&table, retries, out);
                return Some(table);
            }
            Err(error) => error,
        };
        let or_fewer = |n: u32| match n {
            0 | 1 => String::new(),
            n => format!(", or lower `max_retries` to {}", n - 1),
        };
        let (code, message, help) = match error {
            TabulationError::TooLong {
                n,
                max: MAX_WAIT_SECONDS,
                ..
            } => (
                Code::DelayTooLong,
                format!("delay before retry {n} is longer than a Wait state allows"),
                format!("set `cap = \"1h\"`{}", or_fewer(n)),
            ),
            TabulationError::TooLong { n, max, .. } => {
                let max = Seconds(max.into());
                (
                    Code::DelayTooLong,
                    format!("delay before retry {n} is longer than jitter allows"),
                    format!(
                        "set a `cap` of at most {max}, or `jitter = \"none\"`{}",
                        or_fewer(n)
                    ),
                )
            }
            TabulationError::NotANumber { n } => {
                let why = "look for the root or the logarithm of a negative number";
                (
                    Code::DelayNotANumber,
                    format!("delay before retry {n} is not a number"),
                    format!("{why}{}", or_fewer(n)),
                )
            }
            TabulationError::DivisionByZero { n, value } => {
                let help = match n {
                    1 => "divide by something that is not 0; `n` starts at 1".to_owned(),
                    _ => format!("divide by something that is not 0{}", or_fewer(n)),
                };
                let message = format!("delay before retry {n} divides by zero");
                let code = match value > 0.0 {
                    true => Code::DelayTooLong,
                    false => Code::DelayNotANumber,
                };
                (code, message, help)
            }
            TabulationError::Negative { n, .. } => (
                Code::DelayNotANumber,
                format!("delay before retry {n} is negative"),
                format!("write `max(0, ...)` around it{}", or_fewer(n)),
            ),
        };
        let problem = Diagnostic::new(code, self.span.clone(), message);
        out.push(problem.label(error.to_string()).help(help));
        None
    }

    /// Whether the first `count` delays are all longer than `cap` seconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a cap beyond 2^53 is above every delay"
    )]
    fn is_below_all_delays(&self, cap: u64, count: usize) -> bool {
        (1..)
            .take(count)
            .all(|n| self.curve.at(n).round() > cap as f64)
    }

    fn lint(&self, table: &BackoffTable, retries: Option<u32>, out: &mut Diagnostics) {
        let problem = |code, message: &str| Diagnostic::new(code, self.span.clone(), message);
        let delays = table.delays();
        let mut pairs = delays.iter().zip(delays.iter().skip(1)).zip(1..);
        if let Some(((earlier, later), n)) = pairs.find(|((earlier, later), _)| later < earlier) {
            let next: u32 = n + 1;
            let label = format!("{earlier} s before retry {n}, {later} s before retry {next}");
            let help = "a backoff usually grows, to give the other side time";
            let problem = problem(Code::ShrinkingDelays, "the delays get shorter");
            out.push(problem.label(label).help(help));
        }
        if let Some(cap) = self
            .cap
            .filter(|cap| self.is_below_all_delays(*cap, delays.len()))
        {
            let label = format!("every delay is longer than {}", Seconds(cap));
            let help = format!("raise `cap`, or write `constant = \"{}\"`", Seconds(cap));
            let problem = problem(Code::CapBelowDelays, "the cap is below every delay");
            out.push(problem.label(label).help(help));
        }
        match &self.curve {
            Curve::Exponential { factor, .. } if *factor == 1.0 => {
                let message = "an exponential backoff that does not grow";
                let help = "use `constant`, or a factor above 1";
                out.push(
                    problem(Code::FactorOne, message)
                        .label("factor 1")
                        .help(help),
                );
            }
            Curve::Delays(list) if retries.is_some() && list.len() > delays.len() => {
                let label = format!("{} delays for {} retries", list.len(), delays.len());
                let help = "remove the last ones, or raise `max_retries`";
                let problem = problem(Code::UnusedDelays, "more delays than retries");
                out.push(problem.label(label).help(help));
            }
            _ => {}
        }
    }
}

/// Reports a backoff without a kind, unless one of its keys is a misspelled kind, which is reported
/// as an unknown key. Returns whether the report explains the other keys, too.
fn report_missing_kind(section: &Section<'_>, out: &mut Diagnostics) -> bool {
    // The author may have written the keys of a kind directly, without the kind around them.
    let has = |key| section.get(key).is_some();
    let probably_meant = match (has("initial"), has("step"), has("factor")) {
        (_, true, false) => Some("linear = { initial = \"30s\", step = \"10s\" }"),
        (_, false, true) => Some("exponential = { initial = \"30s\", factor = 2 }"),
        (true, false, false) => Some("constant = \"30s\""),
        _ => None,
    };
    let help = match probably_meant {
        Some(meant) => format!("name the kind, as in `{meant}`"),
        None if !Kind::ALL.iter().all(|kind| section.misses(kind.key())) => return false,
        None => {
            let kinds = Kind::ALL.map(Kind::key).join("`, `");
            format!("add one of `{kinds}`, for example `constant = \"60s\"`")
        }
    };
    let message = format!("{} has no kind", section.name);
    let problem = Diagnostic::new(Code::BackoffKind, section.span.clone(), message);
    out.push(problem.label("the kind is missing").help(help));
    probably_meant.is_some()
}

fn curve(kind: Kind, value: TomlNode<'_>, policy: &str, out: &mut Diagnostics) -> Option<Curve> {
    match kind {
        Kind::Constant => values::seconds(value, out).map(Curve::Constant),
        Kind::Linear => {
            let section = Section::of(
                value,
                "`linear`",
                "{ initial = \"30s\", step = \"10s\" }",
                out,
            )?;
            section.only(keys::LINEAR, out);
            let (initial, step) = (
                delay(&section, "initial", out),
                delay(&section, "step", out),
            );
            Some(Curve::Linear {
                initial: initial?,
                step: step?,
            })
        }
        Kind::Exponential => {
            let section = Section::of(
                value,
                "`exponential`",
                "{ initial = \"30s\", factor = 2 }",
                out,
            )?;
            section.only(keys::EXPONENTIAL, out);
            let (initial, factor) = (delay(&section, "initial", out), factor(&section, out));
            Some(Curve::Exponential {
                initial: initial?,
                factor: factor?,
            })
        }
        Kind::Fibonacci => {
            let section = Section::of(value, "`fibonacci`", "{ initial = \"10s\" }", out)?;
            section.only(keys::FIBONACCI, out);
            Some(Curve::Fibonacci {
                initial: delay(&section, "initial", out)?,
            })
        }
        Kind::Delays => delays(value, out).map(Curve::Delays),
        Kind::Formula => formula(value, policy, out).map(Curve::Formula),
    }
}

fn formula(value: TomlNode<'_>, policy: &str, out: &mut Diagnostics) -> Option<Formula> {
    let text = values::text(value, "\"60 * 2^(n-1)\"", out)?;
    let error = match Formula::parse(text) {
        Ok(formula) => return Some(formula),
        Err(error) => error,
    };
    let in_seconds = duration::meant(text).and_then(|meant| duration::parse(&meant).ok());
    let (span, label, help) = match in_seconds {
        Some(seconds) => (
            value.span(),
            "formulas are in seconds".into(),
            format!("write `\"{seconds}\"`"),
        ),
        None => (
            span_within(policy, value, error.span),
            error.problem,
            error.help,
        ),
    };
    let problem = Diagnostic::new(Code::BadFormula, span, "the formula cannot be parsed");
    out.push(problem.label(label).help(help));
    None
}

fn delay(section: &Section<'_>, key: &str, out: &mut Diagnostics) -> Option<u64> {
    let value = section.required(key, &format!("{key} = \"30s\""), out)?;
    values::seconds(value, out)
}

fn delays(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<Vec<u64>> {
    let help = "write it like `[\"10s\", \"1m\"]`";
    let list = values::list(value, "a list of durations", help, out)?;
    if list.is_empty() {
        let problem = Diagnostic::new(Code::WrongType, value.span(), "an empty list");
        out.push(
            problem
                .label("no delay here")
                .help("write at least one; the last one repeats"),
        );
        return None;
    }
    values::one_or_more(value, out, values::seconds)
}

fn factor(section: &Section<'_>, out: &mut Diagnostics) -> Option<f64> {
    let value = section.required("factor", "factor = 2", out)?;
    let help = "write a number from 1 on, for example `2` or `1.5`";
    let factor = values::number(value, help, out)?;
    if factor.is_finite() && factor >= 1.0 {
        return Some(factor);
    }
    let problem = Diagnostic::new(Code::OutOfRange, value.span(), "`factor` is out of range");
    out.push(problem.label("less than 1, or not a number").help(help));
    None
}
