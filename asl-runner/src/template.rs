//! Payload templates: the values of `Parameters` and `ResultSelector`.

use crate::path::{Path, Scope};
use crate::task::TaskFailure;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A payload template: JSON in which the value of a key ending in `.$` is a path or a
/// `States.Format` call, the only supported intrinsic.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) enum Template {
    Literal(Value),
    Array(Vec<Template>),
    Object(BTreeMap<String, Template>),
    Path(Path),
    /// `States.Format('{}', PATH)`, which converts the value at the path to a string.
    Format(Path),
}

impl TryFrom<Value> for Template {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => items
                .into_iter()
                .map(Self::try_from)
                .collect::<Result<_, _>>()
                .map(Self::Array),
            Value::Object(fields) => {
                let mut templates = BTreeMap::new();
                for (key, value) in fields {
                    let (name, template) = match key.strip_suffix(".$") {
                        Some(name) => (name, Self::reference(&value)),
                        None => (key.as_str(), Self::try_from(value)),
                    };
                    let template = template.map_err(|why| format!("`{key}`: {why}"))?;
                    if templates.insert(name.to_owned(), template).is_some() {
                        return Err(format!("`{name}` is given with and without `.$`"));
                    }
                }
                Ok(Self::Object(templates))
            }
            scalar => Ok(Self::Literal(scalar)),
        }
    }
}

impl Template {
    /// Parses the value of a key that ends in `.$`.
    fn reference(value: &Value) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        let argument = text
            .strip_prefix("States.Format('{}', ")
            .and_then(|rest| rest.strip_suffix(')'));
        match argument {
            Some(path) => Path::try_from(path.to_owned()).map(Self::Format),
            None if text.starts_with('$') => Path::try_from(text.to_owned()).map(Self::Path),
            None => Err(format!(
                "{value} is neither a path nor `States.Format('{{}}', PATH)`, the only supported \
                 intrinsic function"
            )),
        }
    }

    /// Fills in an optional template with values from the scope. Without a template, returns the
    /// input unchanged.
    pub(crate) fn fill_in(
        template: &Option<Self>,
        scope: &Scope<'_>,
    ) -> Result<Value, TaskFailure> {
        template
            .as_ref()
            .map_or_else(|| Ok(scope.input.clone()), |template| template.fill(scope))
    }

    fn fill(&self, scope: &Scope<'_>) -> Result<Value, TaskFailure> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Path(path) => scope.read(path)?.clone(),
            Self::Array(items) => items
                .iter()
                .map(|item| item.fill(scope))
                .collect::<Result<_, _>>()?,
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, template)| Ok((name.clone(), template.fill(scope)?)));
                Value::Object(fields.collect::<Result<_, _>>()?)
            }
            Self::Format(path) => match scope.read(path)? {
                Value::String(text) => text.clone().into(),
                value @ (Value::Array(_) | Value::Object(_)) => {
                    let why = format!("`States.Format` cannot convert {value} to a string");
                    return Err(scope.failure("States.IntrinsicFailure", why));
                }
                scalar => scalar.to_string().into(),
            },
        })
    }
}
