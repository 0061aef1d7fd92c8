//! A policy's TOML as a tree, in the order of the text; what the crate `toml` parsed, looked at key by key.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t, 'i>(&'t Spanned<DeValue<'i>>);

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'t, 'i> {
    String(&'t str),
    /// Digits, perhaps with a sign, and their base.
    Integer(&'t str, u32),
    Float(&'t str),
    Boolean(bool),
    Datetime,
    Array(List<'t, 'i>),
    Table(Table<'t, 'i>),
}

impl<'t, 'i> Node<'t, 'i> {
    pub(crate) fn span(self) -> Range<usize> {
        self.0.span()
    }

    pub(crate) fn get_ref(self) -> Value<'t, 'i> {
        match self.0.get_ref() {
            DeValue::String(text) => Value::String(text),
            DeValue::Integer(integer) => Value::Integer(integer.as_str(), integer.radix()),
            DeValue::Float(float) => Value::Float(float.as_str()),
            DeValue::Boolean(flag) => Value::Boolean(*flag),
            DeValue::Datetime(_) => Value::Datetime,
            DeValue::Array(list) => Value::Array(List(list)),
            DeValue::Table(table) => Value::Table(Table(table)),
        }
    }

    /// The elements of a list; any other value is the only one.
    pub(crate) fn elements(self) -> impl Iterator<Item = Self> {
        let list: &'t [Spanned<DeValue<'i>>] = match self.0.get_ref() {
            DeValue::Array(list) => list,
            _ => std::slice::from_ref(self.0),
        };
        list.iter().map(Self)
    }
}

/// A key with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'t, 'i>(&'t Spanned<DeString<'i>>);

impl<'t> Key<'t, '_> {
    pub(crate) fn get_ref(self) -> &'t str {
        self.0.get_ref()
    }

    pub(crate) fn span(self) -> Range<usize> {
        self.0.span()
    }
}

/// The values of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'t, 'i>(&'t [Spanned<DeValue<'i>>]);

impl<'t, 'i> List<'t, 'i> {
    pub(crate) fn iter(self) -> impl Iterator<Item = Node<'t, 'i>> {
        self.0.iter().map(Node)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// The members of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'t, 'i>(pub(crate) &'t DeTable<'i>);

impl<'t, 'i> Table<'t, 'i> {
    /// In the order of the text.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Key<'t, 'i>, Node<'t, 'i>)> {
        let mut members: Vec<_> = self
            .0
            .iter()
            .map(|(key, value)| (Key(key), Node(value)))
            .collect();
        members.sort_by_key(|(key, _)| key.span().start);
        members.into_iter()
    }

    pub(crate) fn keys(self) -> impl Iterator<Item = Key<'t, 'i>> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn get(self, key: &str) -> Option<Node<'t, 'i>> {
        self.0.get::<str>(key).map(Node)
    }
}
