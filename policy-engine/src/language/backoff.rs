//! `[backoff]` tables and inline backoffs to tables of delays.

use crate::diagnostic::{Code, Diagnostics};
use crate::language::keys as language;
use crate::language::tree::Node;
use crate::language::values::{self as raw, Section};
use crate::policy::backoff::{BackoffTable, Curve, MAX_WAIT_SECONDS, TabulationError};
use crate::policy::duration::Seconds;
use crate::policy::formula::Formula;
use crate::policy::jitter::Jitter;
use std::ops::Range;

/// The kinds of backoff, one of which each backoff has.
const KINDS: [&str; 6] = [
    "constant",
    "linear",
    "exponential",
    "fibonacci",
    "delays",
    "formula",
];

/// A backoff that could be read, not yet tabulated: how many delays it needs depends on the rule.
pub(crate) struct Backoff {
    curve: Curve,
    cap: Option<u64>,
    jitter: Jitter,
    /// The value of the kind's key.
    span: Range<usize>,
}

impl Backoff {
    pub(crate) fn lower(
        section: Section<'_, '_>,
        policy: &str,
        out: &mut Diagnostics,
    ) -> Option<Self> {
        if KINDS.iter().all(|kind| section.get(kind).is_none())
            && let Some(written) = unwrapped(section)
        {
            let message = format!("{} says no kind of delay", section.name);
            let help = format!("write `{written}`");
            out.push(
                Code::BackoffKind,
                section.span(),
                message,
                "the kind is missing",
                help,
            );
            return None;
        }
        section.only(language::BACKOFF, out);
        let cap = section.get("cap").map(|value| raw::duration(value, out));
        let words = [
            ("none", Jitter::None),
            ("full", Jitter::Full),
            ("equal", Jitter::Equal),
        ];
        let jitter = section
            .get("jitter")
            .map(|value| raw::word(value, "jitter", &words, out));
        let kinds: Vec<_> = KINDS
            .iter()
            .filter_map(|kind| Some((*kind, section.get(kind)?)))
            .collect();
        let (kind, value) = match kinds.as_slice() {
            [only] => *only,
            [] => {
                // A misspelt kind was reported as an unknown key.
                if KINDS.iter().all(|kind| section.misses(kind)) {
                    let message = format!("{} says no kind of delay", section.name);
                    let help = format!(
                        "add one of `{}`, for example `constant = \"60s\"`",
                        KINDS.join("`, `")
                    );
                    out.push(
                        Code::BackoffKind,
                        section.span(),
                        message,
                        "the kind is missing",
                        help,
                    );
                }
                return None;
            }
            [_, (second, value), ..] => {
                let message = format!("{} has more than one kind", section.name);
                out.push(
                    Code::BackoffKind,
                    value.span(),
                    message,
                    format!("`{second}` is one too many"),
                    "keep one of them",
                );
                return None;
            }
        };
        let curve = curve(kind, value, policy, out)?;
        // A cap or a jitter that cannot be read was reported; the delays without it would be others.
        Some(Self {
            curve,
            cap: cap.map_or(Some(None), |cap| cap.map(Some))?,
            jitter: jitter.unwrap_or(Some(Jitter::None))?,
            span: value.span(),
        })
    }

    /// One delay for each of so many retries; the first alone is judged where their number is not known.
    pub(crate) fn tabulate(
        &self,
        retries: Option<u32>,
        out: &mut Diagnostics,
    ) -> Option<BackoffTable> {
        let error = match BackoffTable::tabulate(
            &self.curve,
            retries.unwrap_or(1),
            self.cap,
            self.jitter,
        ) {
            Ok(table) => {
                self.lint(&table, retries, out);
                return Some(table);
            }
            Err(error) => error,
        };
        let fewer = |n: u32| {
            if n > 1 {
                format!(", or lower `max_retries` to {}", n - 1)
            } else {
                String::new()
            }
        };
        let (code, message, help) = match error {
            TabulationError::TooLong {
                n,
                most: MAX_WAIT_SECONDS,
                ..
            } => (
                Code::DelayTooLong,
                format!("delay before retry {n} is longer than a Wait state allows"),
                format!("set `cap = \"1h\"`{}", fewer(n)),
            ),
            TabulationError::TooLong { n, most, .. } => {
                let help = format!(
                    "set a `cap` of at most {}, or `jitter = \"none\"`{}",
                    Seconds(most.into()),
                    fewer(n)
                );
                (
                    Code::DelayTooLong,
                    format!("delay before retry {n} is longer than jitter allows"),
                    help,
                )
            }
            TabulationError::NotANumber { n } => (
                Code::DelayNotANumber,
                format!("delay before retry {n} is not a number"),
                format!(
                    "look for a division by zero or a root of a negative number{}",
                    fewer(n)
                ),
            ),
            TabulationError::Negative { n, .. } => (
                Code::DelayNotANumber,
                format!("delay before retry {n} is negative"),
                format!("write `max(0, ...)` round it{}", fewer(n)),
            ),
        };
        out.push(code, self.span.clone(), message, error.to_string(), help);
        None
    }

    fn lint(&self, table: &BackoffTable, retries: Option<u32>, out: &mut Diagnostics) {
        let pairs = table
            .delays()
            .iter()
            .zip(table.delays().iter().skip(1))
            .zip(2..);
        if let Some(((earlier, later), n)) = pairs
            .into_iter()
            .find(|((earlier, later), _)| later < earlier)
        {
            let label = format!(
                "{earlier} s before retry {}, {later} s before retry {n}",
                n - 1
            );
            out.push(
                Code::ShrinkingDelays,
                self.span.clone(),
                "the delays get shorter",
                label,
                "a backoff usually grows, to leave the other side time",
            );
        }
        match &self.curve {
            Curve::Exponential { factor, .. } if *factor == 1.0 => {
                out.push(
                    Code::FactorOne,
                    self.span.clone(),
                    "an exponential backoff that does not grow",
                    "factor 1",
                    "write `constant`, or a factor above 1",
                );
            }
            Curve::Delays(list) if retries.is_some() && list.len() > table.delays().len() => {
                let label = format!("{} delays for {} retries", list.len(), table.delays().len());
                out.push(
                    Code::UnusedDelays,
                    self.span.clone(),
                    "more delays than retries",
                    label,
                    "drop the last ones, or raise `max_retries`",
                );
            }
            _ => {}
        }
    }
}

/// What a backoff was probably meant to be that has a kind's keys and not the kind.
fn unwrapped(section: Section<'_, '_>) -> Option<&'static str> {
    let has = |key| section.get(key).is_some();
    match (has("initial"), has("step"), has("factor")) {
        (_, true, false) => Some("linear = { initial = \"30s\", step = \"10s\" }"),
        (_, false, true) => Some("exponential = { initial = \"30s\", factor = 2 }"),
        (true, false, false) => Some("constant = \"30s\""),
        _ => None,
    }
}

fn curve(kind: &str, value: Node<'_, '_>, policy: &str, out: &mut Diagnostics) -> Option<Curve> {
    let section = |keys: &[&str], out: &mut Diagnostics| {
        let section = Section::of(value, kind_name(kind), out)?;
        section.only(keys, out);
        Some(section)
    };
    let part = |section: Section<'_, '_>, key: &str, out: &mut Diagnostics| {
        let value = section.required(key, &format!("{key} = \"30s\""), out)?;
        raw::duration(value, out)
    };
    match kind {
        "constant" => raw::duration(value, out).map(Curve::Constant),
        "linear" => {
            let section = section(language::LINEAR, out)?;
            let (initial, step) = (part(section, "initial", out), part(section, "step", out));
            Some(Curve::Linear {
                initial: initial?,
                step: step?,
            })
        }
        "exponential" => {
            let section = section(language::EXPONENTIAL, out)?;
            let (initial, factor) = (part(section, "initial", out), factor(section, out));
            Some(Curve::Exponential {
                initial: initial?,
                factor: factor?,
            })
        }
        "fibonacci" => {
            let section = section(language::FIBONACCI, out)?;
            part(section, "initial", out).map(|initial| Curve::Fibonacci { initial })
        }
        "delays" => {
            let list = raw::list(
                value,
                "a list of durations",
                "write it like `[\"10s\", \"1m\"]`",
                out,
            )?;
            if list.is_empty() {
                out.push(
                    Code::WrongType,
                    value.span(),
                    "an empty list",
                    "no delay here",
                    "write at least one, the last one repeats",
                );
                return None;
            }
            let delays: Vec<_> = list.iter().map(|delay| raw::duration(delay, out)).collect();
            delays.into_iter().collect::<Option<_>>().map(Curve::Delays)
        }
        _ => {
            let text = raw::text(value, out)?;
            match Formula::parse(text) {
                Ok(formula) => Some(Curve::Formula(formula)),
                Err(error) => {
                    let span = raw::within(policy, value, error.span);
                    out.push(
                        Code::BadFormula,
                        span,
                        "the formula cannot be read",
                        error.problem,
                        error.help,
                    );
                    None
                }
            }
        }
    }
}

fn kind_name(kind: &str) -> &'static str {
    match kind {
        "linear" => "`linear`",
        "exponential" => "`exponential`",
        _ => "`fibonacci`",
    }
}

fn factor(section: Section<'_, '_>, out: &mut Diagnostics) -> Option<f64> {
    let value = section.required("factor", "factor = 2", out)?;
    let factor = raw::number(value, out)?;
    if factor.is_finite() && factor >= 1.0 {
        return Some(factor);
    }
    out.push(
        Code::OutOfRange,
        value.span(),
        "`factor` is out of range",
        "less than 1, or no number",
        "write a number from 1 on, for example 2 or 1.5",
    );
    None
}
