//! A policy's TOML as a tree: one list of values, each with its key and its place in the text.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The entry of the whole document.
pub(super) const ROOT: u32 = 0;

/// Bytes of the text. 32 bits are plenty for a policy, and what is small is loaded sooner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    start: u32,
    end: u32,
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end) }
    }
}

impl From<Place> for Range<usize> {
    fn from(place: Place) -> Self {
        let wide = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        wide(place.start)..wide(place.end)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    Integer,
    Float,
    Boolean(bool),
    Datetime,
    List(Chain),
    Table(Chain),
}

impl Content {
    /// A list, empty so far.
    pub(super) const LIST: Self = Self::List(Chain { first: ROOT, last: ROOT });
    /// A table, empty so far.
    pub(super) const TABLE: Self = Self::Table(Chain { first: ROOT, last: ROOT });
}

/// The first and the last one of entries that are linked by [`Entry::next`]; [`ROOT`], which is no member, for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    first: u32,
    last: u32,
}

#[derive(Debug)]
struct Entry {
    /// Empty for elements of lists.
    key: Place,
    /// The value; the header for a table that has one, and for a list of such tables the first header.
    value: Place,
    content: Content,
    /// The next member of the same table or list; [`ROOT`] for none.
    next: u32,
}

/// The tree; members of tables and lists in the order of the text.
#[derive(Debug)]
pub(super) struct Document<'i> {
    text: &'i str,
    entries: Vec<Entry>,
    /// What keys, strings and numbers say that the text does not say plainly, by their start.
    decoded: BTreeMap<u32, String>,
}

impl<'i> Document<'i> {
    pub(super) fn new(text: &'i str) -> Self {
        // More than most policies need: memory that is not used costs nothing.
        let mut entries = Vec::with_capacity(text.len() / 12 + 1);
        entries.push(Entry { key: Place::default(), value: Place::default(), content: Content::TABLE, next: ROOT });
        Self { text, entries, decoded: BTreeMap::new() }
    }

    /// The same tree as the TOML library has it.
    pub(super) fn of(text: &'i str, table: &DeTable<'_>) -> Self {
        let mut document = Self::new(text);
        document.fill(ROOT, table);
        document
    }

    fn fill(&mut self, parent: u32, table: &DeTable<'_>) {
        let mut members: Vec<_> = table.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in members {
            let place = key.span().into();
            self.decode(place, |document| document.written(place), key.get_ref());
            self.fill_one(parent, key.span(), value);
        }
    }

    fn fill_one(&mut self, parent: u32, key: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let place = value.span().into();
        let content = match value.get_ref() {
            DeValue::String(text) => {
                self.decode(place, |document| document.unquoted(place), text);
                Content::Text
            }
            DeValue::Integer(integer) => {
                self.decode(place, |document| radix(document.written(place)).1, integer.as_str());
                Content::Integer
            }
            DeValue::Float(float) => {
                self.decode(place, |document| document.written(place), float.as_str());
                Content::Float
            }
            DeValue::Boolean(flag) => Content::Boolean(*flag),
            DeValue::Datetime(_) => Content::Datetime,
            DeValue::Array(_) => Content::LIST,
            DeValue::Table(_) => Content::TABLE,
        };
        let index = self.add(parent, key, value.span(), content);
        match value.get_ref() {
            DeValue::Array(list) => {
                for element in list {
                    self.fill_one(index, 0..0, element);
                }
            }
            DeValue::Table(table) => self.fill(index, table),
            _ => {}
        }
    }

    /// Keeps what a text says where it is not what stands there.
    fn decode(&mut self, place: Place, plain: impl Fn(&Self) -> &str, says: &str) {
        if plain(self) != says {
            self.decoded.insert(place.start, says.to_owned());
        }
    }

    /// Adds a member to a table or a list.
    pub(super) fn add(&mut self, parent: u32, key: Range<usize>, value: Range<usize>, content: Content) -> u32 {
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { key: key.into(), value: value.into(), content, next: ROOT });
        let mut previous = ROOT;
        if let Some(Content::List(chain) | Content::Table(chain)) = self.entry_mut(parent).map(|it| &mut it.content) {
            previous = std::mem::replace(&mut chain.last, index);
            if previous == ROOT {
                chain.first = index;
            }
        }
        if let Some(previous) = self.entry_mut(previous).filter(|_| previous != ROOT) {
            previous.next = index;
        }
        index
    }

    /// Ends a value there.
    pub(super) fn end(&mut self, index: u32, at: usize) {
        if let Some(entry) = self.entry_mut(index) {
            entry.value.end = Place::from(at..at).end;
        }
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(index).ok()?)
    }

    fn entry_mut(&mut self, index: u32) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    /// The entry of this index; nothing for [`ROOT`], which is no member of anything.
    fn member(&self, index: u32) -> Option<Node<'_, 'i>> {
        let entry = self.entry(index).filter(|_| index != ROOT)?;
        Some(Node { document: self, entry, index })
    }

    fn written(&self, place: Place) -> &str {
        self.text.get(Range::from(place)).unwrap_or_default()
    }

    /// A string's text where it stands in one pair of quotes and has no escapes.
    fn unquoted(&self, place: Place) -> &str {
        let written = self.written(place);
        written.get(1..written.len().saturating_sub(1)).unwrap_or_default()
    }

    /// What the key or value that starts there says, if it is not what stands there.
    fn says<'t>(&'t self, place: Place, plain: &'t str) -> &'t str {
        if self.decoded.is_empty() { plain } else { self.decoded.get(&place.start).map_or(plain, String::as_str) }
    }

    fn is_key(&self, place: Place, key: &str) -> bool {
        if !self.decoded.is_empty() {
            return self.says(place, self.written(place)) == key;
        }
        // Most keys that are not this one have another first letter: that is sooner seen than compared in a call.
        let written = self.text.as_bytes().get(Range::from(place)).unwrap_or_default();
        written.first() == key.as_bytes().first() && written == key.as_bytes()
    }

    pub(super) fn root(&self) -> Table<'_, 'i> {
        self.table(ROOT)
    }

    /// The members of this entry as those of a table.
    pub(super) fn table(&self, index: u32) -> Table<'_, 'i> {
        let first = self.entry(index).map_or(ROOT, |entry| match entry.content {
            Content::Table(chain) | Content::List(chain) => chain.first,
            _ => ROOT,
        });
        Table(List { document: self, first })
    }
}

/// The base of a number, and its digits.
fn radix(number: &str) -> (u32, &str) {
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let found = prefixes.into_iter().find_map(|(prefix, radix)| Some((radix, number.strip_prefix(prefix)?)));
    found.unwrap_or((10, number))
}

/// A value with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'t, 'i> {
    document: &'t Document<'i>,
    entry: &'t Entry,
    index: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'t, 'i> {
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
    pub(super) fn span(self) -> Range<usize> {
        self.entry.value.into()
    }

    pub(super) fn get_ref(self) -> Value<'t, 'i> {
        let Self { document, entry, index } = self;
        let place = entry.value;
        match entry.content {
            Content::Text => Value::String(document.says(place, document.unquoted(place))),
            Content::Integer => {
                let (radix, digits) = radix(document.written(place));
                Value::Integer(document.says(place, digits), radix)
            }
            Content::Float => Value::Float(document.says(place, document.written(place))),
            Content::Boolean(flag) => Value::Boolean(flag),
            Content::Datetime => Value::Datetime,
            Content::List(_) => Value::Array(document.table(index).0),
            Content::Table(_) => Value::Table(document.table(index)),
        }
    }

    pub(super) fn index(self) -> u32 {
        self.index
    }

    /// The next member of the same table or list.
    fn next(self) -> Option<Self> {
        self.document.member(self.entry.next)
    }

    /// The elements of a list; any other value is the only one.
    pub(super) fn elements(self) -> impl Iterator<Item = Self> {
        let (first, is_list) = match self.get_ref() {
            Value::Array(list) => (self.document.member(list.first), true),
            _ => (Some(self), false),
        };
        iter::successors(first, move |last| last.next().filter(|_| is_list))
    }

    /// Whether it is a table or a list of tables that headers made, and others may add to.
    pub(super) fn is_open(self) -> bool {
        // A header has its key in it; any other value comes after it.
        self.entry.key.start >= self.entry.value.start
    }
}

/// A key with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'t> {
    text: &'t str,
    place: Place,
}

impl<'t> Key<'t> {
    pub(super) fn get_ref(self) -> &'t str {
        self.text
    }

    pub(super) fn span(self) -> Range<usize> {
        self.place.into()
    }
}

/// The values of a list, in the order of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'t, 'i> {
    document: &'t Document<'i>,
    first: u32,
}

impl<'t, 'i> List<'t, 'i> {
    pub(super) fn iter(self) -> impl Iterator<Item = Node<'t, 'i>> {
        iter::successors(self.document.member(self.first), |last| last.next())
    }

    pub(super) fn is_empty(self) -> bool {
        self.first == ROOT
    }
}

/// The members of a table, in the order of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t, 'i>(List<'t, 'i>);

impl<'t, 'i> Table<'t, 'i> {
    pub(super) fn iter(self) -> impl Iterator<Item = (Key<'t>, Node<'t, 'i>)> {
        self.0.iter().map(|node| {
            let place = node.entry.key;
            (Key { text: node.document.says(place, node.document.written(place)), place }, node)
        })
    }

    pub(super) fn keys(self) -> impl Iterator<Item = Key<'t>> {
        self.iter().map(|(key, _)| key)
    }

    pub(super) fn get(self, key: &str) -> Option<Node<'t, 'i>> {
        self.0.iter().find(|node| node.document.is_key(node.entry.key, key))
    }
}

/// The tree with all places.
#[cfg(test)]
impl std::fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn value(node: Node<'_, '_>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:?} ", node.span())?;
            match node.get_ref() {
                Value::Array(list) => list.iter().try_for_each(|element| value(element, f)),
                Value::Table(members) => table(members, f),
                scalar => writeln!(f, "{scalar:?}"),
            }
        }

        fn table(table: Table<'_, '_>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            writeln!(f, "{{")?;
            for (key, node) in table.iter() {
                write!(f, "{} at {:?}: ", key.get_ref(), key.span())?;
                value(node, f)?;
            }
            writeln!(f, "}}")
        }

        table(self.root(), f)
    }
}
