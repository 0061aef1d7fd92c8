//! Warnings about names that are probably misspelled, or that only one integration reports.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, list_quoted, quoted};
use crate::failure::{
    ERROR_NAMES, ERROR_PREFIXES, FARGATE_PROVIDERS, LAUNCH_TYPES, NameFact, STOP_CODES,
    sdk_error_name,
};
use crate::policy::{Condition, Matcher, NameMatch, Policy, Rule};
use std::ops::Range;

/// Reports error names that are probably misspelled, and stop codes that ECS is not known to
/// report.
pub(super) fn lint_names(policy: &Policy, matcher: &Matcher, out: &mut Diagnostics) {
    match matcher.condition() {
        Condition::Error(names) => {
            for name in names {
                lint_error_name(policy, name, matcher, out);
            }
        }
        Condition::Name(fact, names) => {
            for name in names {
                lint_name(policy, *fact, name, matcher, out);
            }
        }
        Condition::ExitCode(_)
        | Condition::OtherExitCodes(_)
        | Condition::RanFor(_)
        | Condition::Text(..) => {}
    }
}

/// Reports a name of an enumeration that ECS is not known to report.
fn lint_name(
    policy: &Policy,
    fact: NameFact,
    name: &str,
    matcher: &Matcher,
    out: &mut Diagnostics,
) {
    let (code, what, known): (_, _, &[&str]) = match fact {
        NameFact::StopCode => (Code::UnknownStopCode, "stop code", &STOP_CODES),
        NameFact::LaunchType => (Code::UnknownLaunchType, "launch type", &LAUNCH_TYPES),
        // Other capacity providers have names of their own.
        NameFact::CapacityProvider if !plain(name).starts_with("fargate") => return,
        NameFact::CapacityProvider => (
            Code::UnknownLaunchType,
            "capacity provider",
            &FARGATE_PROVIDERS,
        ),
    };
    if known.contains(&name) {
        return;
    }
    let message = format!("ECS is not known to report the {what} {}", quoted(name));
    let problem = Diagnostic::new(code, span_of_name(policy, matcher, name), message);
    if let Some(help) = other_fact(name).filter(|_| fact == NameFact::StopCode) {
        out.push(problem.label("not a stop code").help(help));
        return;
    }
    let same = |known: &&&str| plain(known) == plain(name);
    let provider = FARGATE_PROVIDERS.iter().find(same);
    let help = match (
        known.iter().find(same),
        closest(name, known.iter().copied()),
    ) {
        (Some(meant), _) => format!("write `\"{meant}\"`; names are compared letter by letter"),
        (None, _) if provider.is_some() && fact == NameFact::LaunchType => {
            format!("it is a capacity provider: `capacity_provider = \"{name}\"`")
        }
        (None, Some(meant)) => format!("did you mean `\"{meant}\"`?"),
        (None, None) => {
            let known: Vec<_> = known.iter().map(|name| format!("\"{name}\"")).collect();
            format!(
                "known {what}s are {}",
                list_quoted(known.iter().map(String::as_str))
            )
        }
    };
    out.push(problem.label("unknown").help(help));
}

/// Returns the condition to write for a name that is known as a stop code or as the beginning of a
/// reason. `None` for other names.
fn other_fact(name: &str) -> Option<String> {
    if STOP_CODES.contains(&name) {
        return Some(format!("it is a stop code: write `stop_code = \"{name}\"`"));
    }
    let is_reason = ERROR_PREFIXES.contains(&name);
    is_reason.then(|| format!("a reason begins like this: write `reason = '{name}'`"))
}

/// The name without the differences between `FARGATE_SPOT`, `fargate-spot` and `FargateSpot`.
fn plain(name: &str) -> String {
    name.replace(['_', '-', ' '], "").to_ascii_lowercase()
}

/// Reports an error name, or the beginning of error names, that is probably a mistake.
fn lint_error_name(policy: &Policy, name: &NameMatch, matcher: &Matcher, out: &mut Diagnostics) {
    let written = name.written();
    let span = span_of_name(policy, matcher, &written);
    if written == "States.ALL" {
        let message = "no error is called `States.ALL`";
        let problem = Diagnostic::new(Code::StatesAll, span, message);
        let help = "write `\"*\"` for any error name, or leave `error` out";
        out.push(problem.label("a wildcard of Catch and Retry").help(help));
        return;
    }
    if let Some(spelling) = other_spelling(name) {
        if !is_named(policy, &spelling.other) {
            let message = format!("{} is one of two spellings", quoted(&written));
            let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
            let [by, other_by] = spelling.reported_by;
            let other = spelling.other.written();
            let help = format!("name `{other}`, too: it is what `{other_by}` reports");
            out.push(problem.label(format!("reported by `{by}` only")).help(help));
        }
        return;
    }
    if let Some(help) = other_fact(&written) {
        let message = format!("{} is not an error name", quoted(&written));
        let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
        out.push(problem.label("never reported as an error name").help(help));
        return;
    }
    let meant = match name {
        NameMatch::Exactly(name) => probable_error_name(name),
        NameMatch::StartingWith(prefix) => probable_prefix(prefix).map(|it| format!("{it}*")),
    };
    if let Some(meant) = meant {
        let message = format!("{} is not spelt like a known error name", quoted(&written));
        let problem = Diagnostic::new(Code::MisspelledErrorName, span, message);
        let help = format!("write `\"{meant}\"`; names are compared letter by letter");
        out.push(
            problem
                .label("never reported with this spelling")
                .help(help),
        );
    }
}

/// The name of an error of ECS in another integration of Step Functions.
struct OtherSpelling {
    other: NameMatch,
    /// The integrations that report the name at hand and the other one.
    reported_by: [&'static str; 2],
}

/// Returns the other spelling of the name, or of all names that begin like this. `None` if every
/// integration has the same one.
fn other_spelling(name: &NameMatch) -> Option<OtherSpelling> {
    let (optimized, sdk) = (("ECS.", "ecs:runTask"), ("Ecs.", "aws-sdk:ecs:runTask"));
    let to_sdk = ERROR_NAMES.into_iter().filter_map(|name| {
        let sdk_name = sdk_error_name(name)?;
        Some([name.to_owned(), sdk_name])
    });
    let to_sdk: Vec<_> = to_sdk.collect();
    let to_optimized: Vec<_> = to_sdk
        .iter()
        .cloned()
        .map(|[name, sdk_name]| [sdk_name, name])
        .collect();
    let directions = [(to_sdk, optimized, sdk), (to_optimized, sdk, optimized)];
    directions.into_iter().find_map(|(spellings, own, other)| {
        Some(OtherSpelling {
            other: translated(name, &spellings, [own.0, other.0])?,
            reported_by: [own.1, other.1],
        })
    })
}

/// Returns the name in place of which one integration reports this one. `spellings` has each name
/// of ECS in both spellings; `prefixes` are the prefixes of the two.
fn translated(
    name: &NameMatch,
    spellings: &[[String; 2]],
    prefixes: [&str; 2],
) -> Option<NameMatch> {
    match name {
        NameMatch::Exactly(name) => {
            let [_, other] = spellings.iter().find(|[own, _]| own == name)?;
            Some(NameMatch::Exactly(other.clone()))
        }
        NameMatch::StartingWith(prefix) => {
            let [own, other] = prefixes;
            let prefix = format!("{other}{}", prefix.strip_prefix(own)?);
            let is_known = spellings.iter().any(|[_, name]| name.starts_with(&prefix));
            is_known.then_some(NameMatch::StartingWith(prefix))
        }
    }
}

/// Returns whether a rule of the policy matches this name, or all names that begin like this.
fn is_named(policy: &Policy, name: &NameMatch) -> bool {
    let matchers = policy.rules().iter().flat_map(Rule::matchers);
    let names = matchers.filter_map(|matcher| match matcher.condition() {
        Condition::Error(names) => Some(names),
        _ => None,
    });
    names.flatten().any(|it| match (it, name) {
        (
            NameMatch::StartingWith(prefix),
            NameMatch::Exactly(name) | NameMatch::StartingWith(name),
        ) => name.starts_with(prefix),
        (NameMatch::Exactly(_), _) => it == name,
    })
}

/// Returns the known error name that an author who wrote `name` probably meant. The two differ only
/// in case and in the prefix before the last dot, or by at most two edits. `None` if `name` is
/// itself known, or resembles no known name.
fn probable_error_name(name: &str) -> Option<String> {
    if ERROR_NAMES.contains(&name) {
        return None;
    }
    let (prefix, last) = name.rsplit_once('.').unwrap_or(("", name));
    let has_usual_prefix = ["", "ECS", "AmazonECS", "States"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(prefix));
    let has_same_end = |known: &&str| {
        known
            .rsplit('.')
            .next()
            .is_some_and(|known| known.eq_ignore_ascii_case(last))
    };
    let is_slip = |known: &&str| strsim::damerau_levenshtein(known, name) <= 2;
    let with_other_prefix = ERROR_NAMES
        .into_iter()
        .find(has_same_end)
        .filter(|_| has_usual_prefix);
    with_other_prefix
        .or_else(|| ERROR_NAMES.into_iter().find(is_slip))
        .map(str::to_owned)
}

/// Returns the prefix that an author who wrote `prefix` probably meant: the start of a known error
/// name that differs from `prefix` only in case. `None` if a known name starts with `prefix`
/// itself, or if no known name is similar.
fn probable_prefix(prefix: &str) -> Option<&'static str> {
    if ERROR_NAMES.iter().any(|known| known.starts_with(prefix)) {
        return None;
    }
    let heads = ERROR_NAMES
        .into_iter()
        .filter_map(|known| known.get(..prefix.len()));
    heads
        .into_iter()
        .find(|head| head.eq_ignore_ascii_case(prefix))
}

/// Returns the position of a name within a matcher's value, or of the whole value if the name is
/// written with escapes.
fn span_of_name(policy: &Policy, matcher: &Matcher, name: &str) -> Range<usize> {
    let span = matcher.span();
    let value = policy.source().get(span.clone()).unwrap_or_default();
    let quotes = ["\"", "'"].map(|quote| format!("{quote}{name}{quote}"));
    let found = quotes
        .iter()
        .find_map(|name| Some((value.find(name.as_str())?, name.len())));
    match found {
        Some((at, length)) => span.start + at..span.start + at + length,
        None => span,
    }
}
