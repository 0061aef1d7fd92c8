//! A table of a policy, with checks of its keys.

use super::tree::{self, TomlKey, TomlNode};
use super::values::wrong_type;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, alike, quoted};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A table of a policy, with its name in messages.
pub(super) struct Section<'t> {
    pub(super) table: &'t DeTable<'t>,
    pub(super) span: Range<usize>,
    /// The name of the table in messages; in backticks if the policy contains it literally.
    pub(super) name: String,
}

impl<'t> Section<'t> {
    /// Returns the value as a table. `None` if it is another type; then that is reported.
    pub(super) fn of(value: TomlNode<'t>, name: &str, out: &mut Diagnostics) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self {
                table,
                span: value.span(),
                name: name.into(),
            }),
            _ => {
                let help = "write it like `{ key = value }` or under a `[header]`";
                wrong_type(value, "a table", help, out)
            }
        }
    }

    /// Returns the table under a key. `None` if the key is missing, or if its value is not a table;
    /// then that is reported.
    pub(super) fn table(&self, key: &str, out: &mut Diagnostics) -> Option<Section<'t>> {
        Section::of(self.get(key)?, &format!("`[{key}]`"), out)
    }

    /// Returns the keys and values, in the order of the text.
    pub(super) fn members(&self) -> Vec<(TomlKey<'t>, TomlNode<'t>)> {
        tree::members(self.table)
    }

    pub(super) fn get(&self, key: &str) -> Option<TomlNode<'t>> {
        self.table.get(key)
    }

    /// Returns the position of the value of a key, or of the whole table if the key is missing.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key)
            .map_or(self.span.clone(), |value| value.span())
    }

    /// Reports every key that is not in `known`.
    pub(super) fn only(&self, known: &[&str], out: &mut Diagnostics) {
        // Most tables have only known keys. Then the keys need not be sorted.
        if self
            .table
            .keys()
            .all(|key| known.contains(&&**key.get_ref()))
        {
            return;
        }
        for (key, _) in self.members() {
            let (name, span) = (key.get_ref(), key.span());
            if known.contains(&&**name) {
                continue;
            }
            let unused = |known: &&&str| self.get(known).is_none();
            let meant = known.iter().filter(unused).find(|known| alike(known, name));
            let foreign = foreign_key(name).filter(|(meant, _)| known.contains(meant));
            let help = match (meant, foreign) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, Some((meant, how))) => format!("here it is `{meant}`: {how}"),
                (None, None) => format!("the keys here are `{}`", known.join("`, `")),
            };
            let message = format!("unknown key {} in {}", quoted(name), self.name);
            let problem = Diagnostic::new(Code::UnknownKey, span, message);
            out.push(problem.label("not known here").help(help));
        }
    }

    /// Returns whether a key is missing. If it is only misspelled, it does not count as missing: it
    /// has been reported as unknown, and one mistake should give one diagnostic.
    pub(super) fn misses(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.table.keys().any(|found| alike(key, found.get_ref()))
    }

    /// Returns the value of a required key. `None` if it is missing; then that is reported.
    pub(super) fn required(
        &self,
        key: &str,
        example: &str,
        out: &mut Diagnostics,
    ) -> Option<TomlNode<'t>> {
        if self.misses(key) {
            let message = format!("`{key}` is missing in {}", self.name);
            let problem = Diagnostic::new(Code::MissingKey, self.span.clone(), message);
            out.push(
                problem
                    .label("missing here")
                    .help(format!("add `{example}`")),
            );
        }
        self.get(key)
    }
}

/// Returns the key of the policy language that corresponds to a key of another tool's retry policy,
/// with a description of its values. `None` if there is none.
fn foreign_key(key: &str) -> Option<(&'static str, &'static str)> {
    let word = key.replace(['_', '-'], "").to_ascii_lowercase();
    Some(match word.as_str() {
        "maxattempts" | "attempts" | "backofflimit" | "retrylimit" | "retries" | "limit"
        | "maxretrycount" => ("max_retries", "runs after the first one"),
        "errorequals" | "errors" => ("error", "a name, or a list of them"),
        "onexitcode" | "onexitcodes" | "exitstatus" | "code" => {
            ("exit_code", "a code, a range, or a list of them")
        }
        "onreason" | "onstatusreason" | "statusreason" | "message" => {
            ("reason", "a pattern, or a list of them")
        }
        "action" | "verdict" | "decision" | "class" => ("type", "RETRIABLE, TEMPORARY or FATAL"),
        "match" | "if" | "matches" => ("when", "a table of conditions"),
        "delay" | "wait" | "sleep" | "interval" | "intervalseconds" => {
            ("backoff", "for example `{ constant = \"60s\" }`")
        }
        "backoffrate" | "multiplier" | "rate" | "base" => {
            ("factor", "how many times longer each wait is")
        }
        "max" | "maxdelay" | "maxdelayseconds" | "maxinterval" => ("cap", "the longest delay"),
        "jitterstrategy" => ("jitter", "none, full or equal"),
        _ => return None,
    })
}
