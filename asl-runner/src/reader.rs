//! Reads a definition's objects field by field, and reports every problem, not the first.

use crate::path::Path;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One object of the definition; what nobody has taken in the end is not supported.
pub(crate) struct Reader<'a> {
    place: String,
    fields: Map<String, Value>,
    states: &'a BTreeSet<String>,
    problems: &'a mut Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the object at a place; `states` are the names that `Next` may have.
    pub(crate) fn read<T>(
        place: String,
        value: Value,
        states: &'a BTreeSet<String>,
        problems: &'a mut Vec<String>,
        read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(fields) = value else {
            problems.push(format!("{place}: {value} is not an object"));
            return None;
        };
        let mut reader = Reader { place, fields, states, problems };
        reader.optional("Comment", text);
        let result = read(&mut reader);
        for name in reader.fields.keys() {
            reader.problems.push(format!("{}: field `{name}` is not supported", reader.place));
        }
        result
    }

    /// Names of the fields that are not taken yet.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Takes a field; none if it is absent or wrong.
    pub(crate) fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        let result = parse(&self.fields.remove(name)?);
        result.map_err(|why| self.report(&format!("field `{name}`: {why}"))).ok()
    }

    /// Takes a field that must be there.
    pub(crate) fn required<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, String>) -> Option<T> {
        if !self.has(name) {
            self.report(&format!("field `{name}` is missing"));
        }
        self.optional(name, parse)
    }

    /// Parses a state's name.
    pub(crate) fn target(&self) -> impl Fn(&Value) -> Result<String, String> + use<'a> {
        let states = self.states;
        |value| match text(value)? {
            state if states.contains(&state) => Ok(state),
            other => Err(format!("there is no state `{other}`")),
        }
    }

    /// Which of the two fields is there; it must be one.
    pub(crate) fn either<'n>(&mut self, first: &'n str, second: &'n str) -> Option<&'n str> {
        match [first, second].map(|name| self.has(name)) {
            [true, false] => Some(first),
            [false, true] => Some(second),
            _ => {
                self.fields.retain(|name, _| name != first && name != second);
                self.report(&format!("one of the fields `{first}` and `{second}` must be there, and not both"));
                None
            }
        }
    }

    /// Takes a field that holds an object, and reads that.
    pub(crate) fn nested<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        let value = self.required(name, |value| Ok(value.clone()))?;
        let place = format!("{}, `{name}`", self.place);
        Reader::read(place, value, self.states, self.problems, read)
    }

    /// Takes a field that holds a list of objects, at least one, and reads each.
    pub(crate) fn list<T>(&mut self, name: &str, read: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<Vec<T>> {
        let items = self.required(name, |value| match value {
            Value::Array(items) if !items.is_empty() => Ok(items.clone()),
            other => Err(format!("{other} is not a list with an entry")),
        })?;
        let mut results = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{}, `{name}[{index}]`", self.place);
            results.push(Reader::read(place, item, self.states, self.problems, &read));
        }
        results.into_iter().collect()
    }

    /// Takes the states, and reads each.
    pub(crate) fn states<T>(&mut self, read: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<BTreeMap<String, T>> {
        let states = self.required("States", |value| match value {
            Value::Object(states) => Ok(states.clone()),
            other => Err(format!("{other} is not an object")),
        })?;
        let mut results = Vec::new();
        for (name, state) in states {
            let place = format!("state `{name}`");
            let result = Reader::read(place, state, self.states, self.problems, &read);
            results.push(result.map(|state| (name, state)));
        }
        results.into_iter().collect()
    }

    /// Whether the field is there and not taken yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Reports a problem of this object.
    pub(crate) fn report(&mut self, problem: &str) {
        self.problems.push(format!("{}: {problem}", self.place));
    }

    /// Leaves the fields alone: what they mean is not known.
    pub(crate) fn give_up(&mut self) {
        self.fields.clear();
    }
}

pub(crate) fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is not a string"))
}

pub(crate) fn path(value: &Value) -> Result<Path, String> {
    Path::parse(&text(value)?)
}
