//! Reads `[exit_codes]`, and exit codes in rules and tests.

use super::section::Section;
use super::tree::TomlNode;
use super::values::{self, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest, quoted};
use crate::failure::ExitCode;
use crate::policy::ExitCodeSet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// The word that matches a missing exit code.
const ABSENT: &str = "absent";

/// Maximum length of a name for an exit code, in characters.
const MAX_NAME_CHARS: usize = 64;

/// The names in `[exit_codes]`, and those that rules or tests have used so far.
#[derive(Default)]
pub(super) struct ExitCodeNames {
    codes: BTreeMap<String, ExitCode>,
    used: BTreeSet<String>,
    /// Whether an entry could not be read. Then an unknown name may be the name of that entry.
    incomplete: bool,
}

/// One value of `exit_code`, with names replaced by numbers.
pub(super) enum ExitCodeSpec {
    /// `"absent"`: there is no exit code.
    Absent,
    /// A range of codes that includes both ends, as written in the policy: signed or unsigned.
    Range(RangeInclusive<i64>),
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
                let help = "use letters, digits and `_`, at most 64, no digit first; `absent` is \
                            reserved";
                out.push(problem.label("not a name").help(help));
                names.incomplete = true;
                continue;
            }
            let code = values::integer(value, out);
            let Some(code) = code.and_then(|code| exit_code(code, value, out)) else {
                names.incomplete = true;
                continue;
            };
            if let Some((other, _)) = names.codes.iter().find(|(_, known)| **known == code) {
                let message = format!(
                    "{} and {} name the same exit code",
                    quoted(other),
                    quoted(name)
                );
                let problem = Diagnostic::new(Code::RepeatedName, value.span(), message);
                let problem = problem.label("again here").help("keep one of the names");
                out.push(problem.related(section.span_of(other), "named here first"));
            }
            names.codes.insert(name.to_string(), code);
        }
        names
    }

    /// Returns the names and their codes, in alphabetical order of the names.
    pub(super) fn into_codes(self) -> Vec<(String, ExitCode)> {
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
        let mut set = ExitCodeSet::default();
        for spec in values::one_or_more(value, out, |value, out| self.read_spec(value, out))? {
            match spec {
                ExitCodeSpec::Absent => set.absent = true,
                ExitCodeSpec::Range(range) => set.insert(range),
            }
        }
        Some(set)
    }

    /// Reads one value: a number, a name, a range, or `"absent"`.
    pub(super) fn read_spec(
        &mut self,
        value: TomlNode<'_>,
        out: &mut Diagnostics,
    ) -> Option<ExitCodeSpec> {
        let text = match value.get_ref() {
            DeValue::Integer(_) => {
                let code = values::integer(value, out)?;
                exit_code(code, value, out)?;
                return Some(ExitCodeSpec::Range(code..=code));
            }
            DeValue::String(text) => &**text,
            _ => {
                let help = "write a number, a name from `[exit_codes]`, a range \"40..=49\" or \
                            \"absent\"";
                return wrong_type(value, "an exit code", help, out);
            }
        };
        if text == ABSENT {
            return Some(ExitCodeSpec::Absent);
        }
        if let Some(code) = self.codes.get(text) {
            self.used.insert(text.to_owned());
            let bits = i64::from(code.bits());
            return Some(ExitCodeSpec::Range(bits..=bits));
        }
        let (label, help) = match bounds(text) {
            Some((low, "..=", high)) if low <= high => {
                if ExitCode::new(low).is_some() && ExitCode::new(high).is_some() {
                    return Some(ExitCodeSpec::Range(low..=high));
                }
                let help = "write bounds from -2147483648 to 4294967295".to_owned();
                ("exit codes have 32 bits", help)
            }
            Some((low, _, high)) if low > high => {
                ("the range is empty", format!("write `\"{high}..={low}\"`"))
            }
            Some((low, _, high)) => {
                let help = format!("write both ends, the last one included: `\"{low}..={high}\"`");
                ("not a range", help)
            }
            None => match probably_meant(text) {
                Some(label_and_help) => label_and_help,
                // The name may belong to an entry that could not be read, which has been reported.
                None if self.incomplete => return None,
                None => ("not in `[exit_codes]`", self.help_for_unknown(text)),
            },
        };
        let message = format!("{} is not an exit code", quoted(text));
        let problem = Diagnostic::new(Code::BadExitCode, value.span(), message);
        out.push(problem.label(label).help(help));
        None
    }

    fn help_for_unknown(&self, name: &str) -> String {
        match closest(name, self.codes.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add `{name} = 1` under `[exit_codes]`, or write the number"),
        }
    }
}

/// Parses a range in the notation of any common language, and returns both ends and the sign
/// between them.
fn bounds(text: &str) -> Option<(i64, &'static str, i64)> {
    const SIGNS: [&str; 6] = ["..=", "...", "..", " - ", "-", ":"];
    SIGNS.into_iter().find_map(|sign| {
        // Skip the first character: it may be a minus.
        let at = text.get(1..)?.find(sign)? + 1;
        let (low, high) = (text.get(..at)?, text.get(at + sign.len()..)?);
        Some((low.trim().parse().ok()?, sign, high.trim().parse().ok()?))
    })
}

/// Returns a label and a help for a text that is neither a name nor a range with both ends.
fn probably_meant(text: &str) -> Option<(&'static str, String)> {
    if text.contains("..") {
        let help = "write both ends as numbers, the last one included: `\"40..=49\"`";
        return Some(("not a range", help.into()));
    }
    if let Ok(code) = text.parse::<i64>() {
        return Some((
            "a number in quotes",
            format!("write `{code}` without quotes"),
        ));
    }
    // The text may be a range in words, such as `40 to 49`.
    let numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty());
    match *numbers.collect::<Vec<_>>() {
        [low, high] if text.starts_with(|c: char| c.is_ascii_digit()) => {
            let help = format!("write `\"{low}..={high}\"`, or `[{low}, {high}]` for these two");
            Some(("not a range", help))
        }
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(is_letter)
        && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
        && text.len() <= MAX_NAME_CHARS
        && text != ABSENT
}

/// Converts a number to an exit code. `None` if it is out of range; then that is reported.
fn exit_code(code: i64, value: TomlNode<'_>, out: &mut Diagnostics) -> Option<ExitCode> {
    let exit_code = ExitCode::new(code);
    if exit_code.is_none() {
        let message = "an exit code is out of range";
        let problem = Diagnostic::new(Code::OutOfRange, value.span(), message);
        let help = "write a number from -2147483648 to 4294967295";
        out.push(problem.label("exit codes have 32 bits").help(help));
    }
    exit_code
}
