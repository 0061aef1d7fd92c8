//! A table of a policy, with checks of its keys.

use super::tree::{self, TomlKey, TomlNode};
use super::values::wrong_type;
use super::{keys, unknown_keys};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, alike, quoted};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Tables of a policy that are always read, so that their unknown keys are reported.
const TOP: &[&str] = &["limits", "rule", "default"];

/// A table of a policy, and how messages call it.
pub(super) struct Section<'t> {
    pub(super) table: &'t DeTable<'t>,
    pub(super) span: Range<usize>,
    /// The name of the table in messages; in backticks if the policy contains it literally.
    pub(super) name: String,
}

impl<'t> Section<'t> {
    /// The value as a table; `example` is one. `None` if it is not one; then that is reported.
    pub(super) fn of(
        value: TomlNode<'t>,
        name: &str,
        example: &str,
        out: &mut Diagnostics,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self {
                table,
                span: value.span(),
                name: name.into(),
            }),
            _ => {
                let help = match name {
                    "`when`" if value.get_ref().is_array() => {
                        "write `{ }` in place of `[ ]`; write a rule for each alternative".into()
                    }
                    _ => format!("write a table, for example `{example}`"),
                };
                wrong_type(value, "a table", &help, out)
            }
        }
    }

    /// Returns the table under a key. `None` if the key is missing, or if its value is not a table;
    /// then that is reported.
    pub(super) fn table(&self, key: &str, out: &mut Diagnostics) -> Option<Section<'t>> {
        let example = match key {
            "limits" => "{ max_retries = 3 }",
            "exit_codes" => "{ NetworkError = 4 }",
            "backoff" => "{ network = { constant = \"60s\" } }",
            "guarantee" => "{ max_runs = 10 }",
            _ => "{ type = \"FATAL\" }",
        };
        // A misspelled name has been reported. What the table defines is used all the same, so that
        // one mistake gives one diagnostic.
        let misspelled = || {
            let mut keys = self.table.keys().map(|found| &**found.get_ref());
            self.get(keys.find(|found| alike(key, found))?)
        };
        let value = self.get(key).or_else(misspelled)?;
        Section::of(value, &format!("`[{key}]`"), example, out)
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
        for (key, value) in self.members() {
            let name = key.get_ref();
            if known.contains(&&**name) {
                continue;
            }
            let help = unknown_keys::help(self.table, known, name, value);
            let message = format!("unknown key {} in {}", quoted(name), self.name);
            let problem = Diagnostic::new(Code::UnknownKey, key.span(), message);
            out.push(problem.label("not known here").help(help));
        }
    }

    /// Returns whether a key is missing. If it is only misspelled, it does not count as missing: it
    /// has been reported as unknown, and one mistake should give one diagnostic.
    pub(super) fn misses(&self, key: &str) -> bool {
        if self.get(key).is_some() {
            return false;
        }
        let (below, inner): (&[&str], &[&str]) = match key {
            "limits" => (TOP, keys::LIMITS),
            "version" => (TOP, &[]),
            "when" => (&[], keys::WHEN),
            "backoff" => (&["when"], keys::BACKOFF),
            _ => (&["when", "backoff"], &[]),
        };
        let tables = || {
            below
                .iter()
                .filter_map(|name| self.get(name))
                .flat_map(tree::elements)
        };
        let is_below = |it: &Spanned<DeValue<'_>>| it.get_ref().get(key).is_some();
        let is_meant = |found: &str| alike(key, found) || unknown_keys::stands_for(found, key);
        !self.table.keys().any(|found| is_meant(found.get_ref()))
            && !inner.iter().any(|key| self.get(key).is_some())
            && !tables().any(is_below)
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
