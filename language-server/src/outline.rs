//! The tree of a policy text: each key and value with its place, and what the language says about it.

use exitwise_engine::language::{KeySpec, TABLES, TableSpec, ValueSpec};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The tree of a policy text, without the text itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    /// In the order of the text, each table and list before what is in it.
    nodes: Vec<Node>,
    /// Number of places at which the text is not TOML.
    pub(crate) errors: usize,
}

/// A value of a policy text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The table or the list that the value is in. `None` at the top level.
    pub(crate) parent: Option<usize>,
    /// The key and its place. `None` for an element of a list.
    pub(crate) key: Option<(String, Range<usize>)>,
    /// The table of the language and the key in it, also for the elements of the key's list. `None`
    /// if the key is a name that the author has chosen, or unknown.
    pub(crate) spec: Option<(&'static TableSpec, &'static KeySpec)>,
    /// What the value should be.
    pub(crate) shape: Shape,
    pub(crate) value: Value,
    /// The place of the value; of a table with a header, that of the header.
    pub(crate) span: Range<usize>,
    /// The place of the value with its key and everything in it.
    pub(crate) extent: Range<usize>,
    /// The node after the last one in this one.
    end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Table,
    List,
    Other,
}

/// What a value should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Table(&'static TableSpec),
    /// A table whose keys are names and whose values are such tables.
    Named(&'static TableSpec),
    /// A table whose keys are names and whose values are exit codes.
    Codes(ValueSpec),
    Value(ValueSpec),
    Unknown,
}

impl Shape {
    fn of(spec: &KeySpec) -> Self {
        let table = |name| table(name).map_or(Self::Unknown, Self::Table);
        match spec.value {
            ValueSpec::Section(name) | ValueSpec::Sections(name) => table(name),
            ValueSpec::Named(name) => match table(name) {
                Self::Table(table) => Self::Named(table),
                other => other,
            },
            ValueSpec::CodeNames => Self::Codes(ValueSpec::OtherExitCodes),
            ValueSpec::Containers => Self::Codes(ValueSpec::ExitCode),
            value => Self::Value(value),
        }
    }

    /// What a table is, where the language also allows something else.
    fn as_table(self) -> Self {
        let name = match self {
            Self::Value(ValueSpec::Backoff) => "backoff",
            Self::Value(ValueSpec::Failures) => "failure",
            Self::Value(ValueSpec::Expectations) => "expectation",
            _ => return self,
        };
        table(name).map_or(Self::Unknown, Self::Table)
    }

    fn below(self, key: &str) -> (Option<(&'static TableSpec, &'static KeySpec)>, Self) {
        match self {
            Self::Table(table) => match table.keys.iter().find(|spec| spec.name == key) {
                Some(spec) => (Some((table, spec)), Self::of(spec)),
                None => (None, Self::Unknown),
            },
            Self::Named(table) => (None, Self::Table(table)),
            Self::Codes(value) => (None, Self::Value(value)),
            Self::Value(_) | Self::Unknown => (None, Self::Unknown),
        }
    }
}

/// The table of the language with this name.
pub(crate) fn table(name: &str) -> Option<&'static TableSpec> {
    TABLES.iter().find(|table| table.name == name)
}

impl Outline {
    /// Reads a text, as far as it is TOML.
    pub(crate) fn of(text: &str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut outline = Self {
            nodes: Vec::new(),
            errors: errors.len(),
        };
        let shape = TABLES.first().map_or(Shape::Unknown, Shape::Table);
        outline.add_members(root.get_ref(), None, shape);
        outline
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    /// The values in a table or a list, or at the top level.
    pub(crate) fn children(&self, parent: Option<usize>) -> impl Iterator<Item = (usize, &Node)> {
        let range = match parent {
            Some(index) => index + 1..self.get(index).map_or(index, |node| node.end),
            None => 0..self.nodes.len(),
        };
        let mut next = range.start;
        std::iter::from_fn(move || {
            let index = next;
            let node = self.get(index).filter(|_| index < range.end)?;
            next = node.end;
            Some((index, node))
        })
    }

    /// The value of a key in a table, or at the top level.
    pub(crate) fn child(&self, parent: Option<usize>, key: &str) -> Option<(usize, &Node)> {
        let mut children = self.children(parent);
        children.find(|(_, node)| node.has_key(key))
    }

    /// The tables in the list under a key at the top level, such as the rules.
    pub(crate) fn tables(&self, key: &str) -> Vec<(usize, &Node)> {
        match self.child(None, key) {
            Some((list, node)) if node.value == Value::List => self.children(Some(list)).collect(),
            _ => Vec::new(),
        }
    }

    /// The node whose key, or else whose value, is at this offset; the innermost one.
    pub(crate) fn at(&self, offset: usize) -> Option<(usize, &Node)> {
        let touches = |span: &Range<usize>| span.start <= offset && offset <= span.end;
        let by_key = |(_, node): &(usize, &Node)| node.key_span().is_some_and(touches);
        let by_value = self.nodes().filter(|(_, node)| touches(&node.span));
        let innermost = by_value.min_by_key(|(_, node)| node.span.len());
        self.nodes().find(by_key).or(innermost)
    }

    /// The innermost node whose value or key is exactly at this place. The first table of a list has the
    /// same place as the list.
    pub(crate) fn about(&self, span: &Range<usize>) -> Option<(usize, &Node)> {
        let is_there = |node: &Node| node.span == *span || node.key_span() == Some(span);
        self.nodes().filter(|(_, node)| is_there(node)).last()
    }

    /// The node at this place, or else the innermost one that the place is in.
    pub(crate) fn around(&self, span: &Range<usize>) -> Option<(usize, &Node)> {
        let contains = |it: &Range<usize>| it.start <= span.start && span.end <= it.end;
        let around = self.nodes().filter(|(_, node)| contains(&node.extent));
        let innermost = around.min_by_key(|(_, node)| node.extent.len());
        self.about(span).or(innermost)
    }

    /// The values that the node is in, from the inside to the outside, beginning with itself.
    pub(crate) fn ancestors(&self, index: usize) -> impl Iterator<Item = (usize, &Node)> {
        std::iter::successors(self.get(index).map(|node| (index, node)), |(_, node)| {
            let parent = node.parent?;
            Some((parent, self.get(parent)?))
        })
    }

    fn add_members(&mut self, table: &DeTable<'_>, parent: Option<usize>, shape: Shape) {
        let mut members: Vec<_> = table.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in members {
            let (spec, below) = shape.below(key.get_ref());
            let name = (key.get_ref().to_string(), key.span());
            self.add(value, parent, Some(name), spec, below);
        }
    }

    fn add(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        parent: Option<usize>,
        key: Option<(String, Range<usize>)>,
        spec: Option<(&'static TableSpec, &'static KeySpec)>,
        shape: Shape,
    ) {
        let (span, index) = (value.span(), self.nodes.len());
        let (own, shape) = match value.get_ref() {
            DeValue::String(text) => (Value::Text(text.to_string()), shape),
            DeValue::Table(_) => (Value::Table, shape.as_table()),
            DeValue::Array(_) => (Value::List, shape),
            _ => (Value::Other, shape),
        };
        let extent = match &key {
            Some((_, key)) => key.start.min(span.start)..key.end.max(span.end),
            None => span.clone(),
        };
        self.nodes.push(Node {
            parent,
            key,
            spec,
            shape,
            value: own,
            span,
            extent,
            end: index + 1,
        });
        match value.get_ref() {
            DeValue::Table(table) => self.add_members(table, Some(index), shape),
            DeValue::Array(list) => {
                for element in list.iter() {
                    self.add(element, Some(index), None, spec, shape);
                }
            }
            _ => {}
        }
        let end = self.nodes.len();
        let inner = self.nodes.get(index + 1..).unwrap_or_default().iter();
        let last = inner.map(|node| node.extent.end).max();
        if let Some(node) = self.nodes.get_mut(index) {
            node.end = end;
            node.extent.end = node.extent.end.max(last.unwrap_or(0));
        }
    }
}

impl Node {
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.key.as_ref().is_some_and(|(own, _)| own == key)
    }

    pub(crate) fn key_span(&self) -> Option<&Range<usize>> {
        self.key.as_ref().map(|(_, span)| span)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is the value of this key of this table of the language, or an element of its list.
    pub(crate) fn is(&self, table: &str, key: &str) -> bool {
        self.spec
            .is_some_and(|(found, spec)| found.name == table && spec.name == key)
    }

    /// Whether this is such a table of the language.
    pub(crate) fn is_table(&self, name: &str) -> bool {
        let is_named = |table: &TableSpec| table.name == name;
        self.value == Value::Table && matches!(self.shape, Shape::Table(table) if is_named(table))
    }

    /// Whether the node is a table with a header of its own, such as `[[rule]]`.
    pub(crate) fn has_header(&self, text: &str) -> bool {
        let start = text.get(self.span.start..).unwrap_or_default();
        self.value == Value::Table && start.starts_with('[')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_knows_what_the_language_says_about_it() {
        let text = "[[rule]]\nname = 'a'\nwhen = { exit_code = ['X', 4] }\nbackoff.constant = '1s'\n\
                    [backoff.b.linear]\nstep = '1s'\n[[test]]\nfailures = { exit_code = 1 }\n";
        let outline = Outline::of(text);
        assert_eq!(outline.errors, 0);
        for (at, table, key) in [
            ("name", "rule", "name"),
            ("'a'", "rule", "name"),
            ("'X'", "when", "exit_code"),
            ("constant", "backoff", "constant"),
            ("step", "linear", "step"),
            ("exit_code = 1", "failure", "exit_code"),
        ] {
            let (_, node) = outline.at(text.find(at).unwrap() + 1).unwrap();
            assert!(node.is(table, key), "{at}: {node:?}");
        }
        let (_, rule) = outline.tables("rule").first().copied().unwrap();
        assert!(rule.is_table("rule") && rule.has_header(text));
        assert_eq!(text.get(rule.extent.clone()).unwrap().lines().count(), 4);
    }

    #[test]
    fn what_is_not_toml_leaves_the_rest() {
        let outline = Outline::of("[limits]\nmax_retries = \n[[rule]]\nname = 'a'\n");
        assert!(outline.errors > 0);
        assert_eq!(outline.tables("rule").len(), 1);
    }
}
