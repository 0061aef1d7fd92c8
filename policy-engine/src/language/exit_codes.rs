//! Reads `[exit_codes]`, and exit codes in rules and tests.

use super::exit_code_notation::{ANY_NOTATION, NAMED_CODES, ONE_CODE, meant_codes};
use super::section::Section;
use super::tree::{TomlNode, elements};
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, quoted};
use crate::failure::ExitCode;
use crate::policy::ExitCodeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// The word that matches a missing exit code.
const ABSENT: &str = "absent";

/// The help for a number that is not an exit code.
const CODE_RANGE: &str = "write a number from -2147483648 to 4294967295";

/// Maximum length of a name for an exit code, in characters.
const MAX_NAME_CHARS: usize = 64;

/// The names in `[exit_codes]`, and those that rules or tests have used so far.
#[derive(Default)]
pub(super) struct ExitCodeNames {
    codes: BTreeMap<String, ExitCodeSet>,
    used: BTreeSet<String>,
    /// Whether an entry could not be read. Then an unknown name may be the name of that entry.
    incomplete: bool,
}

/// The use of an exit code: only a failure cannot have several.
#[derive(Clone, Copy)]
pub(super) enum ExitCodeUse {
    Rule,
    Failure,
    /// An entry of `[exit_codes]`.
    Name,
}

impl ExitCodeUse {
    /// The help for a value of which nothing is known.
    const fn notation(self) -> &'static str {
        match self {
            Self::Rule => ANY_NOTATION,
            Self::Failure => ONE_CODE,
            Self::Name => NAMED_CODES,
        }
    }
}

/// The meaning of one value of `exit_code`.
pub(super) enum ExitCodeSpec {
    /// `"absent"`: there is no exit code.
    Absent,
    /// A range of codes that includes both ends, as written in the policy: signed or unsigned.
    Range(RangeInclusive<i64>),
    /// The codes of a name.
    Named(ExitCodeSet),
}

impl ExitCodeNames {
    pub(super) fn read(root: &Section<'_>, out: &mut Diagnostics) -> Self {
        let mut names = Self::default();
        let Some(section) = root.table("exit_codes", out) else {
            names.incomplete = root.get("exit_codes").is_some();
            return names;
        };
        for (key, value) in section.members() {
            let name = key.get_ref();
            if !is_name(name) {
                let message = format!("{} cannot name an exit code", quoted(name));
                let problem = Diagnostic::new(Code::BadName, key.span(), message);
                out.push(problem.label("not a name").help(help_for_name(name, value)));
                names.incomplete = true;
                continue;
            }
            let Some(codes) = named_codes(value, out) else {
                names.incomplete = true;
                continue;
            };
            if let Some((other, _)) = names.codes.iter().find(|(_, known)| known.overlaps(&codes)) {
                let message = format!(
                    "{} and {} name the same exit code",
                    quoted(other),
                    quoted(name)
                );
                let help = match codes.only() {
                    Some(_) => "keep one of the names",
                    None => "a code has one name: leave it out of one of the two",
                };
                let problem = Diagnostic::new(Code::RepeatedName, value.span(), message);
                let problem = problem.label("again here").help(help);
                out.push(problem.related(section.span_of(other), "named here first"));
            }
            names.codes.insert(name.to_string(), codes);
        }
        names
    }

    /// Returns the names and their codes, in alphabetical order of the names.
    pub(super) fn into_codes(self) -> Vec<(String, ExitCodeSet)> {
        self.codes.into_iter().collect()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.codes.contains_key(name)
    }

    pub(super) fn is_used(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Reads `exit_code` in `when`: one value or a list of values.
    pub(super) fn read_set(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<ExitCodeSet> {
        let read = |value, out: &mut Diagnostics| self.read_spec(value, ExitCodeUse::Rule, out);
        let specs = values::one_or_more(value, out, read)?;
        Some(joined(specs, value, out))
    }

    /// Reads one value: a number, a name, a range, or `"absent"`.
    pub(super) fn read_spec(
        &mut self,
        value: TomlNode<'_>,
        use_: ExitCodeUse,
        out: &mut Diagnostics,
    ) -> Option<ExitCodeSpec> {
        let text = match value.get_ref() {
            DeValue::Integer(_) => {
                let code = values::integer(value, CODE_RANGE, out)?;
                exit_code(code, value, out)?;
                return Some(ExitCodeSpec::Range(code..=code));
            }
            DeValue::String(text) => &**text,
            other => {
                let whole = other
                    .as_float()
                    .and_then(|float| float.as_str().strip_suffix(".0"));
                let help = whole.map(|code| format!("write `{code}`"));
                let help = help.as_deref().unwrap_or(use_.notation());
                return wrong_type(value, "an exit code", help, out);
            }
        };
        if text == ABSENT {
            return Some(ExitCodeSpec::Absent);
        }
        if let Some(codes) = self.codes.get(text) {
            self.used.insert(text.to_owned());
            return Some(ExitCodeSpec::Named(codes.clone()));
        }
        if let Some(range) = range(text) {
            return Some(ExitCodeSpec::Range(range));
        }
        let (label, help) = self.what_to_write(text, use_)?;
        let message = format!("{} is not an exit code", quoted(text));
        let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
        out.push(problem.label(label).help(help));
        None
    }

    /// A label and a help for a text that is not an exit code. `None` if it may be one of the names
    /// that could not be read.
    fn what_to_write(&self, text: &str, use_: ExitCodeUse) -> Option<(&'static str, String)> {
        let meant = meant_codes(text);
        let (label, help) = match (text.trim().to_ascii_lowercase().as_str(), meant, use_) {
            ("absent" | "none" | "null" | "missing" | "nil", ..) => {
                ("spelt `absent` here", format!("write `\"{ABSENT}\"`"))
            }
            ("", ..) => ("empty", use_.notation().to_owned()),
            ("*" | "any" | "all" | "_" | ".*", ..) => {
                let help = "leave `exit_code` out to match any; `\"1..=255\"` matches every error \
                            code of a process";
                ("not a wildcard here", help.to_owned())
            }
            (
                "nonzero" | "non-zero" | "error" | "failure" | "failed",
                _,
                ExitCodeUse::Rule | ExitCodeUse::Name,
            ) => ("not in `[exit_codes]`", "write `\"1..=255\"`".to_owned()),
            (_, Some(meant), ExitCodeUse::Rule | ExitCodeUse::Name) => {
                (meant.label, format!("write `{}`", meant.to_toml()))
            }
            (_, Some(meant), ExitCodeUse::Failure) => (
                meant.label,
                format!("write one code, for example `{}`", meant.first()),
            ),
            _ if self.incomplete => return None,
            ("oom" | "oomkilled" | "outofmemory", ..) => {
                let help = "match it by `container_reason = 'OutOfMemoryError'`";
                ("not in `[exit_codes]`", help.to_owned())
            }
            (lower, ..) if lower.starts_with("sig") && is_name(text) => {
                let help =
                    "write 128 more than the signal's number, for example `137`: SIGKILL is 9";
                ("not a signal that ends a process", help.to_owned())
            }
            _ if has_number_beyond_32_bits(text) => {
                let help = "write bounds from -2147483648 to 4294967295";
                ("exit codes have 32 bits", help.to_owned())
            }
            _ if is_name(text) => ("not in `[exit_codes]`", self.help_for_unknown(text)),
            _ => ("neither a code nor a name", use_.notation().to_owned()),
        };
        Some((label, help))
    }

    fn help_for_unknown(&self, name: &str) -> String {
        match closest(name, self.codes.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `\"{meant}\"`?"),
            None => format!(
                "define it under `[exit_codes]` with its number, as in `{name} = 4`, or write the \
                 number here"
            ),
        }
    }
}

/// Reports the first exit code that two elements of a list share.
fn report_repeated(mut ranges: Vec<(RangeInclusive<u32>, TomlNode<'_>)>, out: &mut Diagnostics) {
    ranges.sort_by_key(|(range, element)| (*range.start(), element.span().start));
    let pairs = ranges.iter().zip(ranges.iter().skip(1));
    // The ranges of one element may overlap: all codes, read as signed and as unsigned numbers.
    let mut repeated = pairs.filter(|((earlier, one), (later, other))| {
        later.start() <= earlier.end() && one.span() != other.span()
    });
    let Some(((_, one), (later, other))) = repeated.next() else {
        return;
    };
    let mut places = [one.span(), other.span()];
    places.sort_by_key(|span| span.start);
    let [first, second] = places;
    let message = format!("the exit code {} is listed twice", later.start());
    let problem = Diagnostic::new(Code::RepeatedValue, second, message);
    let help = "list each code once: remove this value, or narrow one of the two";
    let problem = problem.label("again here").help(help);
    out.push(problem.related(first, "listed here first"));
}

/// Reports the second of these elements, which all are `"absent"`.
fn report_repeated_absent(absent: &[TomlNode<'_>], out: &mut Diagnostics) {
    if let [first, second, ..] = absent {
        let message = format!("{} is listed twice", quoted(ABSENT));
        let problem = Diagnostic::new(Code::RepeatedValue, second.span(), message);
        let problem = problem.label("again here").help("remove one of them");
        out.push(problem.related(first.span(), "listed here first"));
    }
}

/// A range as policies write it. `None` if it is empty, or if its ends are not exit codes.
fn range(text: &str) -> Option<RangeInclusive<i64>> {
    let (low, high) = text.split_once("..=")?;
    let code = |text: &str| {
        text.trim()
            .parse()
            .ok()
            .filter(|code| ExitCode::new(*code).is_some())
    };
    Some(code(low)?..=code(high)?).filter(|range| !range.is_empty())
}

/// Whether a text consists of numbers and signs, and one of the numbers is not an exit code.
fn has_number_beyond_32_bits(text: &str) -> bool {
    let is_sign = |c: char| !c.is_ascii_digit();
    let mut numbers = text.split(is_sign).filter(|number| !number.is_empty());
    text.chars()
        .all(|c| c.is_ascii_digit() || " .=<>-+,:".contains(c))
        && numbers.any(|number| number.len() >= "2147483648".len())
}

/// The help for an entry of `[exit_codes]` whose name is not valid.
fn help_for_name(name: &str, value: TomlNode<'_>) -> String {
    let with_underscores = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    match value.get_ref() {
        DeValue::String(meant) if is_name(meant) && name.parse::<i64>().is_ok() => {
            format!("the name comes first: `{meant} = {name}`")
        }
        _ if is_name(&with_underscores) => format!("write `{with_underscores}`"),
        _ => "use letters, digits and `_`, at most 64, no digit first; `absent` is reserved".into(),
    }
}

fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(is_letter)
        && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
        && text.len() <= MAX_NAME_CHARS
        && text != ABSENT
}

/// The codes of an entry of `[exit_codes]`: numbers and ranges. `None` if they cannot be read; then
/// that is reported.
fn named_codes(value: TomlNode<'_>, out: &mut Diagnostics) -> Option<ExitCodeSet> {
    // No name is known yet, so a name cannot stand for other names.
    let mut none = ExitCodeNames::default();
    let read = |value: TomlNode<'_>, out: &mut Diagnostics| {
        let is_absent = value.get_ref().as_str() == Some(ABSENT);
        if is_absent {
            let help = "remove it: rules match `\"absent\"` by that word";
            return wrong_type(value, "an exit code", help, out);
        }
        none.read_spec(value, ExitCodeUse::Name, out)
    };
    let specs = values::one_or_more(value, out, read)?;
    Some(joined(specs, value, out))
}

/// Joins the values of a list, and reports a code or the word `absent` if two of them share it.
fn joined(specs: Vec<ExitCodeSpec>, value: TomlNode<'_>, out: &mut Diagnostics) -> ExitCodeSet {
    let mut set = ExitCodeSet::default();
    // Each range of 32 bits, with the element of the list that it comes from.
    let mut ranges = Vec::new();
    let mut absent = Vec::new();
    for (spec, element) in specs.into_iter().zip(elements(value)) {
        let known = set.ranges.len();
        match spec {
            ExitCodeSpec::Absent => {
                set.absent = true;
                absent.push(element);
            }
            ExitCodeSpec::Range(range) => set.insert(range),
            ExitCodeSpec::Named(codes) => set.ranges.extend(codes.ranges),
        }
        let new = set.ranges.iter().skip(known);
        ranges.extend(new.map(|range| (range.clone(), element)));
    }
    report_repeated(ranges, out);
    report_repeated_absent(&absent, out);
    set
}

/// A number as an exit code. `None` if it has more than 32 bits; then that is reported.
fn exit_code(code: i64, value: TomlNode<'_>, out: &mut Diagnostics) -> Option<ExitCode> {
    let exit_code = ExitCode::new(code);
    if exit_code.is_none() {
        let message = "an exit code is out of range";
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
        out.push(problem.label("exit codes have 32 bits").help(CODE_RANGE));
    }
    exit_code
}
