//! Paths: where a value is in the state's input or in the context object, and where a result goes.

use crate::task::{RUNTIME, TaskFailure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Display;

/// What there is of the context object.
///
/// Source: Step Functions Developer Guide, "Accessing execution data from the Context object".
const CONTEXT: [&str; 3] = [
    "$$.Execution.Id",
    "$$.Execution.StartTime",
    "$$.State.EnteredTime",
];

/// A path such as `$`, `$.a[0]` or `$$.Execution.Id`. It finds one value or nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(String),
    Index(usize),
}

/// `ResultPath`: the names of the fields that lead to the place of a result; none where it is the whole.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Path")]
pub(crate) struct ResultPath(Vec<String>);

/// What the paths of a state see: `$` and `$$`.
pub(crate) struct Scope<'a> {
    pub(crate) state: &'a str,
    pub(crate) input: &'a Value,
    pub(crate) context: &'a Value,
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_known = if text.starts_with("$$") {
            CONTEXT.contains(&text.as_str())
        } else {
            text.starts_with('$')
        };
        let dotted = text.trim_start_matches('$').replace('[', ".[");
        let steps = match dotted.strip_prefix('.') {
            Some(steps) => steps.split('.').map(Step::read).collect(),
            None => dotted.is_empty().then(Vec::new),
        };
        match steps.filter(|_| is_known) {
            Some(steps) => Ok(Self { text, steps }),
            None => Err(format!(
                "`{text}` is neither a path like `$.a[0]` nor one of {CONTEXT:?}"
            )),
        }
    }
}

impl Step {
    /// Reads a field's name, or an index in brackets.
    fn read(text: &str) -> Option<Self> {
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        match text
            .strip_prefix('[')
            .and_then(|index| index.strip_suffix(']'))
        {
            Some(index) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                index.parse().ok().map(Self::Index)
            }
            None if !text.is_empty() && text.chars().all(is_name) => {
                Some(Self::Field(text.to_owned()))
            }
            _ => None,
        }
    }
}

impl TryFrom<Path> for ResultPath {
    type Error = String;

    fn try_from(Path { text, steps }: Path) -> Result<Self, String> {
        let fields = steps.into_iter().map(|step| match step {
            Step::Field(name) if !text.starts_with("$$") => Ok(name),
            _ => Err(format!(
                "`{text}` is not a place for a result: only fields of the input are"
            )),
        });
        fields.collect::<Result<_, _>>().map(Self)
    }
}

impl<'a> Scope<'a> {
    /// The value at the path, if there is one.
    pub(crate) fn find(&self, path: &Path) -> Option<&'a Value> {
        let root = if path.text.starts_with("$$") {
            self.context
        } else {
            self.input
        };
        path.steps.iter().try_fold(root, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }

    /// The value at the path; `States.Runtime` if there is none.
    pub(crate) fn read(&self, path: &Path) -> Result<&'a Value, TaskFailure> {
        self.find(path)
            .ok_or_else(|| self.fault(RUNTIME, format!("the path `{}` finds nothing", path.text)))
    }

    /// The value at the path, which must be a `T`.
    pub(crate) fn read_as<T: Deserialize<'a>>(&self, path: &Path) -> Result<T, TaskFailure> {
        T::deserialize(self.read(path)?)
            .map_err(|why| self.fault(RUNTIME, format!("the path `{}`: {why}", path.text)))
    }

    /// The input with `result` where `ResultPath` says; objects on the way are made.
    pub(crate) fn put(
        &self,
        result_path: Option<&ResultPath>,
        result: Value,
    ) -> Result<Value, TaskFailure> {
        let mut input = self.input.clone();
        let mut place = Some(&mut input);
        for field in result_path.into_iter().flat_map(|path| &path.0) {
            let fields = place.and_then(Value::as_object_mut);
            place = fields.map(|fields| fields.entry(field).or_insert_with(|| json!({})));
        }
        let why = "`ResultPath` leads into something that is no object";
        *place.ok_or_else(|| self.fault("States.ResultPathMatchFailure", why))? = result;
        Ok(input)
    }

    /// An error in this state.
    pub(crate) fn fault(&self, error: &str, what: impl Display) -> TaskFailure {
        TaskFailure::new(
            error,
            format!(
                "An error occurred while executing the state '{}': {what}",
                self.state
            ),
        )
    }
}
