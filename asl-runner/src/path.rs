//! Paths into the state's input and the context object.

use crate::task::{RUNTIME, TaskFailure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Display;

/// The supported paths into the context object.
///
/// Source: Step Functions Developer Guide, "Accessing execution data from the Context object".
const CONTEXT_PATHS: [&str; 3] = [
    "$$.Execution.Id",
    "$$.Execution.StartTime",
    "$$.State.EnteredTime",
];

/// A path such as `$`, `$.a[0]` or `$$.Execution.Id`. It selects at most one value.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Path {
    text: String,
    steps: Vec<PathStep>,
}

#[derive(Debug)]
enum PathStep {
    Field(String),
    Index(usize),
}

/// `ResultPath`: the names of the nested fields that lead to the result. Empty if the result
/// replaces the whole input.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Path")]
pub(crate) struct ResultPath(Vec<String>);

/// The values that the paths of a state refer to.
pub(crate) struct Scope<'a> {
    /// The name of the state, for error messages.
    pub(crate) state: &'a str,
    /// The root of the paths that start with `$`.
    pub(crate) input: &'a Value,
    /// The context object, the root of the paths that start with `$$`.
    pub(crate) context: &'a Value,
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let has_known_root = if text.starts_with("$$") {
            CONTEXT_PATHS.contains(&text.as_str())
        } else {
            text.starts_with('$')
        };
        let dotted = text.trim_start_matches('$').replace('[', ".[");
        let steps = match dotted.strip_prefix('.') {
            Some(steps) => steps.split('.').map(PathStep::read).collect(),
            None => dotted.is_empty().then(Vec::new),
        };
        match steps.filter(|_| has_known_root) {
            Some(steps) => Ok(Self { text, steps }),
            None => Err(format!(
                "`{text}` is neither a path like `$.a[0]` nor one of {CONTEXT_PATHS:?}"
            )),
        }
    }
}

impl PathStep {
    /// Parses a field name, or an index in brackets. `None` if the text is neither.
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
            PathStep::Field(name) if !text.starts_with("$$") => Ok(name),
            _ => Err(format!(
                "a result cannot be stored at `{text}`, only in a field of the input"
            )),
        });
        fields.collect::<Result<_, _>>().map(Self)
    }
}

impl<'a> Scope<'a> {
    /// Returns the value at the path, or `None`.
    pub(crate) fn find(&self, path: &Path) -> Option<&'a Value> {
        let root = if path.text.starts_with("$$") {
            self.context
        } else {
            self.input
        };
        path.steps.iter().try_fold(root, |value, step| match step {
            PathStep::Field(name) => value.get(name),
            PathStep::Index(index) => value.get(index),
        })
    }

    /// Returns the value at the path.
    ///
    /// # Errors
    /// Returns `States.Runtime` if there is no value.
    pub(crate) fn read(&self, path: &Path) -> Result<&'a Value, TaskFailure> {
        self.find(path)
            .ok_or_else(|| self.failure(RUNTIME, format!("the path `{}` has no value", path.text)))
    }

    /// Returns the value at the path as a `T`.
    ///
    /// # Errors
    /// Returns `States.Runtime` if there is no value, or if it is not a `T`.
    pub(crate) fn read_as<T: Deserialize<'a>>(&self, path: &Path) -> Result<T, TaskFailure> {
        T::deserialize(self.read(path)?)
            .map_err(|why| self.failure(RUNTIME, format!("the path `{}`: {why}", path.text)))
    }

    /// Returns the input with the result stored at the `ResultPath`. Creates objects that are
    /// missing on the path. If there is no `ResultPath`, the result replaces the input.
    ///
    /// # Errors
    /// Returns `States.ResultPathMatchFailure` if the path leads into a value that is not an
    /// object.
    pub(crate) fn with_result(
        &self,
        result_path: Option<&ResultPath>,
        result: Value,
    ) -> Result<Value, TaskFailure> {
        let mut input = self.input.clone();
        let mut target = Some(&mut input);
        for field in result_path.into_iter().flat_map(|path| &path.0) {
            let fields = target.and_then(Value::as_object_mut);
            target = fields.map(|fields| fields.entry(field).or_insert_with(|| json!({})));
        }
        let why = "`ResultPath` leads into a value that is not an object";
        *target.ok_or_else(|| self.failure("States.ResultPathMatchFailure", why))? = result;
        Ok(input)
    }

    /// Creates a failure of this state.
    pub(crate) fn failure(&self, error: &str, why: impl Display) -> TaskFailure {
        TaskFailure::new(
            error,
            format!(
                "An error occurred while executing the state '{}': {why}",
                self.state
            ),
        )
    }
}
