//! The TOML tree of a policy text, as the crate `toml` parses it.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value and its place.
pub(super) type TomlNode<'t> = &'t Spanned<DeValue<'t>>;

/// A key and its place.
pub(super) type TomlKey<'t> = &'t Spanned<DeString<'t>>;

/// The keys and values of a table, in the order of the text.
pub(super) fn members<'t>(table: &'t DeTable<'t>) -> Vec<(TomlKey<'t>, TomlNode<'t>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
}

/// The elements of a list; any other value counts as a list of one.
pub(super) fn elements<'t>(value: TomlNode<'t>) -> &'t [Spanned<DeValue<'t>>] {
    match value.get_ref() {
        DeValue::Array(list) => list,
        _ => std::slice::from_ref(value),
    }
}
