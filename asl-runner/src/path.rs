//! Paths: where a value is in the state's input or in the context object.

use serde_json::Value;
use std::fmt;

/// Values of the context object (`$$`). Others are refused, and so are whole parts of it, which hold more in AWS.
///
/// Source: Step Functions Developer Guide, "Accessing execution data from the Context object".
const CONTEXT: [(&str, &str); 9] = [
    ("Execution", "Id"),
    ("Execution", "Input"),
    ("Execution", "Name"),
    ("Execution", "StartTime"),
    ("State", "EnteredTime"),
    ("State", "Name"),
    ("State", "RetryCount"),
    ("StateMachine", "Id"),
    ("StateMachine", "Name"),
];

/// A path such as `$`, `$.a[0]`, `$['a b']` or `$$.Execution.Id`. It finds one value or nothing.
#[derive(Debug, Default)]
pub(crate) struct Path {
    text: String,
    /// It starts with `$$`.
    pub(crate) in_context: bool,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(String),
    Index(usize),
}

impl Path {
    /// Reads a text that is a path as a whole.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match Self::read(text)? {
            (path, "") => Ok(path),
            (_, rest) => Err(format!("path `{text}` is not supported from `{rest}` on")),
        }
    }

    /// Reads the path that a text starts with, and gives the rest of the text.
    pub(crate) fn read(text: &str) -> Result<(Self, &str), String> {
        let wrong = || format!("`{text}` is not a path");
        let mut rest = text.strip_prefix('$').ok_or_else(wrong)?;
        let mut path = Self::default();
        if let Some(after) = rest.strip_prefix('$') {
            (path.in_context, rest) = (true, after);
        }
        loop {
            if let Some(after) = rest.strip_prefix('.') {
                rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
                let name = after.strip_suffix(rest).filter(|name| !name.is_empty()).ok_or_else(wrong)?;
                path.steps.push(Step::Field(name.to_owned()));
            } else if let Some(after) = rest.strip_prefix("['") {
                let (name, after) = after.split_once("']").ok_or_else(wrong)?;
                if name.contains(['\'', '\\']) {
                    return Err(wrong());
                }
                path.steps.push(Step::Field(name.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']').ok_or_else(wrong)?;
                let index = Some(index).filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
                path.steps.push(Step::Index(index.and_then(|index| index.parse().ok()).ok_or_else(wrong)?));
                rest = after;
            } else {
                break;
            }
        }
        path.text = text.strip_suffix(rest).unwrap_or(text).to_owned();
        match path.steps.as_slice() {
            [Step::Field(part), Step::Field(value), ..] if CONTEXT.contains(&(part, value)) => Ok((path, rest)),
            _ if path.in_context => Err(format!("`{path}` of the context object is not supported")),
            _ => Ok((path, rest)),
        }
    }

    /// Reads a `ResultPath`, which names fields of the input.
    pub(crate) fn parse_result_path(text: &str) -> Result<Self, String> {
        let path = Self::parse(text)?;
        match !path.in_context && path.steps.iter().all(|step| matches!(step, Step::Field(_))) {
            true => Ok(path),
            false => Err(format!("`{text}` is not a place for a result: only fields of the input are")),
        }
    }

    /// The value at the path, if there is one.
    pub(crate) fn find<'v>(&self, root: &'v Value) -> Option<&'v Value> {
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }

    /// The input with `result` at the path; objects on the way are made. Nothing if a value on the way is no object.
    pub(crate) fn put(&self, mut input: Value, result: Value) -> Option<Value> {
        let mut place = &mut input;
        for step in &self.steps {
            let (Value::Object(fields), Step::Field(name)) = (place, step) else { return None };
            place = fields.entry(name).or_insert_with(|| Value::Object(serde_json::Map::new()));
        }
        *place = result;
        Some(input)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
