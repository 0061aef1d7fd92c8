//! `when` tables to conditions.

use crate::diagnostic::{Code, Diagnostics, quoted};
use crate::failure::ExitCode;
use crate::language::keys as language;
use crate::language::tree::{Node, Value};
use crate::language::values::{self as raw, Section};
use crate::policy::pattern::Pattern;
use crate::policy::{CodeSet, Matcher, NameMatch, Test};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The exit codes that the policy names, and which of the names rules have used.
#[derive(Default)]
pub(crate) struct CodeNames {
    pub(crate) codes: BTreeMap<String, ExitCode>,
    pub(crate) used: BTreeSet<String>,
    /// Some entry could not be read: then an unknown name may be that one.
    pub(crate) incomplete: bool,
}

/// The conditions of one `when`, names and codes before patterns, each kind in the order written.
pub(crate) fn lower(
    when: Section<'_, '_>,
    policy: &str,
    names: &mut CodeNames,
    out: &mut Diagnostics,
) -> Vec<Matcher> {
    when.only(language::WHEN, out);
    let patterns =
        |value, out: &mut Diagnostics| each(value, out, |value, out| pattern(value, policy, out));
    let (mut matchers, mut searches) = (Vec::with_capacity(when.table.keys().count()), Vec::new());
    let mut given = 0;
    for (key, value) in when.table.iter() {
        let key = key.get_ref();
        let test = match key {
            "error" => each(value, out, error_name).map(Test::Error),
            "stop_code" => each(value, out, plain_name).map(Test::StopCode),
            "launch_type" => each(value, out, plain_name).map(Test::LaunchType),
            "capacity_provider" => each(value, out, plain_name).map(Test::CapacityProvider),
            "exit_code" => code_set(value, names, out).map(Test::ExitCode),
            "reason" => patterns(value, out).map(Test::Reason),
            "stopped_reason" => patterns(value, out).map(Test::StoppedReason),
            "container_reason" => patterns(value, out).map(Test::ContainerReason),
            _ => continue,
        };
        given += 1;
        let searching = matches!(
            test,
            Some(Test::Reason(_) | Test::StoppedReason(_) | Test::ContainerReason(_))
        );
        let kind = if searching {
            &mut searches
        } else {
            &mut matchers
        };
        kind.extend(test.map(|test| Matcher {
            test,
            span: value.span(),
        }));
    }
    matchers.append(&mut searches);
    if when.table.keys().all(|key| key.get_ref() == "container") {
        let help = "add a matcher such as `exit_code` or `reason`; what no rule matched is for `[default]`";
        out.push(
            Code::NoMatcher,
            when.span(),
            "`when` asks for nothing",
            "no matcher here",
            help,
        );
    }
    let ignored = given > 0
        && matchers.len() == given
        && !matchers.iter().any(|it| it.test.looks_at_container());
    if let Some(container) = when.get("container").filter(|_| ignored) {
        let help = "drop it, or add `exit_code`, `reason` or `container_reason`";
        let message = "no matcher of this rule looks at a container";
        out.push(
            Code::UnusedContainer,
            container.span(),
            message,
            "without effect",
            help,
        );
    }
    matchers
}

/// Reads every value of one key; nothing unless all of them can be read.
fn each<T>(
    value: Node<'_, '_>,
    out: &mut Diagnostics,
    mut read: impl FnMut(Node<'_, '_>, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Vec::with_capacity(1);
    let mut complete = true;
    for value in raw::one_or_more(value, out) {
        match read(value, out) {
            Some(value) => all.push(value),
            None => complete = false,
        }
    }
    (complete && !all.is_empty()).then_some(all)
}

fn plain_name(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<String> {
    let name = raw::text(value, out)?;
    if name.is_empty() || name.contains('*') {
        let help = "write the name in full; only `error` takes a `*`, at its end";
        out.push(
            Code::BadMatchName,
            value.span(),
            format!("{} is no name", quoted(name)),
            "matches nothing",
            help,
        );
        return None;
    }
    Some(name.to_owned())
}

fn error_name(value: Node<'_, '_>, out: &mut Diagnostics) -> Option<NameMatch> {
    match raw::text(value, out)?.strip_suffix('*') {
        Some(prefix) if !prefix.contains('*') => Some(NameMatch::StartingWith(prefix.to_owned())),
        _ => plain_name(value, out).map(NameMatch::Exactly),
    }
}

fn pattern(value: Node<'_, '_>, policy: &str, out: &mut Diagnostics) -> Option<Pattern> {
    let text = raw::text(value, out)?;
    match Pattern::parse(text) {
        Ok(pattern) => {
            if let Some(span) = pattern.first_unlikely() {
                let help = "texts have one `?` for each run of non-ASCII characters: write `.` or `\\?`; and write \
                            patterns in single quotes, in double ones TOML makes `\\b` a backspace";
                let span = raw::within(policy, value, span);
                out.push(
                    Code::UnlikelyCharacter,
                    span,
                    "a character that no text has",
                    "never found",
                    help,
                );
            }
            Some(pattern)
        }
        Err(error) => {
            let message = match error.code {
                Code::PatternTooLarge => "the pattern is too large",
                _ => "the pattern cannot be used",
            };
            out.push(
                error.code,
                raw::within(policy, value, error.span),
                message,
                error.label,
                error.help,
            );
            None
        }
    }
}

fn code_set(value: Node<'_, '_>, names: &mut CodeNames, out: &mut Diagnostics) -> Option<CodeSet> {
    let mut set = CodeSet::default();
    let mut complete = true;
    for value in raw::one_or_more(value, out) {
        match code_range(value, names, out) {
            Some(Some((low, high))) => set.ranges.extend(unsigned(low, high)),
            Some(None) => set.absent = true,
            None => complete = false,
        }
    }
    (complete && (set.absent || !set.ranges.is_empty())).then_some(set)
}

/// The codes of one value, as bounds; `Some(None)` is `"absent"`.
pub(crate) fn code_range(
    value: Node<'_, '_>,
    names: &mut CodeNames,
    out: &mut Diagnostics,
) -> Option<Option<(i64, i64)>> {
    let Value::String(text) = value.get_ref() else {
        if !matches!(value.get_ref(), Value::Integer(..)) {
            return raw::wrong_type(
                value,
                "an exit code",
                "write a number, a name from `[exit_codes]`, a range \"40..=49\" or \"absent\"",
                out,
            );
        }
        let code = raw::integer(value, out)?;
        return exit_code(code, value, out).map(|_| Some((code, code)));
    };
    if text == "absent" {
        return Some(None);
    }
    let mut refuse = |label: String, help: String| {
        out.push(
            Code::BadExitCode,
            value.span(),
            format!("{} is no exit code", quoted(text)),
            label,
            help,
        );
        None
    };
    if let Some((low, high)) = bounds(text) {
        if low > high {
            return refuse(
                "the range is empty".into(),
                format!("write `\"{high}..={low}\"`"),
            );
        }
        if !text.contains("..=") {
            let help = format!("write both ends, the last one included: `\"{low}..={high}\"`");
            return refuse("not a range".into(), help);
        }
        if ExitCode::new(low).is_none() || ExitCode::new(high).is_none() {
            return refuse(
                "exit codes have 32 bits".into(),
                "write bounds from -2147483648 to 4294967295".into(),
            );
        }
        return Some(Some((low, high)));
    }
    if text.contains("..") {
        let help = "write both ends as numbers, the last one included: `\"40..=49\"`";
        return refuse("not a range".into(), help.into());
    }
    if let Ok(code) = text.parse::<i64>() {
        return refuse(
            "a number in quotes".into(),
            format!("write `{code}` without quotes"),
        );
    }
    // As other languages write ranges: `40-49`, `40 to 49`.
    let numbers: Vec<_> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    if let ([low, high], true) = (&*numbers, text.starts_with(|c: char| c.is_ascii_digit())) {
        return refuse(
            "not a range".into(),
            format!("write `\"{low}..={high}\"`, or `[{low}, {high}]` for these two"),
        );
    }
    match names.codes.get(text) {
        Some(code) => {
            names.used.insert(text.to_string());
            let bits = i64::from(code.bits());
            Some(Some((bits, bits)))
        }
        None if names.incomplete => None,
        None => {
            let help = match names.codes.keys().find(|known| raw::alike(known, text)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add `{text} = 1` under `[exit_codes]`, or write the number"),
            };
            refuse("not in `[exit_codes]`".into(), help)
        }
    }
}

/// Both ends of a range, however it is written.
fn bounds(text: &str) -> Option<(i64, i64)> {
    let signs = ["..=", "...", "..", " - ", "-", ":"];
    signs.iter().find_map(|sign| {
        // A minus may come first.
        let at = text.get(1..)?.find(sign)? + 1;
        let (low, high) = (text.get(..at)?, text.get(at + sign.len()..)?);
        Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
    })
}

/// A number as an exit code.
pub(crate) fn exit_code(code: i64, value: Node<'_, '_>, out: &mut Diagnostics) -> Option<ExitCode> {
    let exit_code = ExitCode::new(code);
    if exit_code.is_none() {
        let help = "write a number from -2147483648 to 4294967295";
        out.push(
            Code::OutOfRange,
            value.span(),
            "an exit code is out of range",
            "exit codes have 32 bits",
            help,
        );
    }
    exit_code
}

/// The codes whose signed or unsigned reading lies between the bounds, as unsigned ranges.
fn unsigned(low: i64, high: i64) -> impl Iterator<Item = RangeInclusive<u32>> {
    let clamp = |value: i64| u32::try_from(value.clamp(0, u32::MAX.into())).unwrap_or(u32::MAX);
    let plain = (high >= 0).then(|| clamp(low)..=clamp(high));
    let negative = (low < 0).then(|| clamp(low + (1 << 32))..=clamp(high.min(-1) + (1 << 32)));
    plain.into_iter().chain(negative)
}
