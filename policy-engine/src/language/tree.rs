//! The TOML tree of a policy text, as parsed by the crate `toml`.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value with its position.
pub(super) type TomlNode<'t> = &'t Spanned<DeValue<'t>>;

/// A key with its position.
pub(super) type TomlKey<'t> = &'t Spanned<DeString<'t>>;

/// The keys and values of a table, in the order of the text.
pub(super) fn members<'t>(table: &'t DeTable<'t>) -> Vec<(TomlKey<'t>, TomlNode<'t>)> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    members
}

/// Returns the elements of a list; any other value is treated as a list of one element.
pub(super) fn elements<'t>(value: TomlNode<'t>) -> &'t [Spanned<DeValue<'t>>] {
    match value.get_ref() {
        DeValue::Array(list) => list,
        _ => std::slice::from_ref(value),
    }
}
