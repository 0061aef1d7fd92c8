//! A table of a policy, and problems with its keys.

use super::tree::{self, TomlKey, TomlNode};
use super::values::wrong_type;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, alike, quoted};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A table of a policy, and how messages call it.
pub(super) struct Section<'t> {
    pub(super) table: &'t DeTable<'t>,
    pub(super) span: Range<usize>,
    /// In backticks if it is a word of the policy.
    pub(super) name: String,
}

impl<'t> Section<'t> {
    /// The value as a table. `None` if it is not one; then that is reported.
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

    /// The table under a key. `None` if there is none.
    pub(super) fn table(&self, key: &str, out: &mut Diagnostics) -> Option<Section<'t>> {
        Section::of(self.get(key)?, &format!("`[{key}]`"), out)
    }

    /// The keys and values, in the order of the text.
    pub(super) fn members(&self) -> Vec<(TomlKey<'t>, TomlNode<'t>)> {
        tree::members(self.table)
    }

    pub(super) fn get(&self, key: &str) -> Option<TomlNode<'t>> {
        self.table.get(key)
    }

    /// The place of this key's value; the whole table if it has no such key.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key)
            .map_or(self.span.clone(), |value| value.span())
    }

    /// Reports every key that is not one of the known ones.
    pub(super) fn only(&self, known: &[&str], out: &mut Diagnostics) {
        // Most tables have known keys only: those need no sorting.
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

    /// Whether a key is missing. A misspelled one does not count: it has been reported as unknown,
    /// and one mistake is one diagnostic.
    pub(super) fn misses(&self, key: &str) -> bool {
        self.get(key).is_none() && !self.table.keys().any(|found| alike(key, found.get_ref()))
    }

    /// The value of a required key. `None` if it is missing; then that is reported.
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

/// The key of this language, with its values, for a key of another tool's retry policy.
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
