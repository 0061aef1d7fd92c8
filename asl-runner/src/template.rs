//! Templates: the JSON values of `Arguments`, `Assign` and `Output`, with expressions in them.

use crate::expression::Expression;
use serde::Deserialize;
use serde_json::{Map, Value};

/// JSON in which each string of the form `{% … %}` is a JSONata expression.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) enum Template {
    /// A value without any expression.
    Literal(Value),
    Expression(Expression),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// `Assign`: the names of variables, each with its new value.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) struct Assign(pub(crate) Vec<(String, Template)>);

/// Maximum length of the name of a variable, in characters.
///
/// Source: Step Functions Developer Guide, "Passing data between states with variables".
const MAX_NAME_CHARS: usize = 80;

impl TryFrom<Value> for Template {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(string) => match Expression::read(&string)? {
                Some(expression) => Self::Expression(expression),
                None => Self::Literal(string.into()),
            },
            Value::Array(items) => {
                let templates = items.iter().cloned().map(Self::try_from);
                let templates: Vec<_> = templates.collect::<Result<_, _>>()?;
                match templates.iter().all(Self::is_literal) {
                    true => Self::Literal(items.into()),
                    false => Self::Array(templates),
                }
            }
            Value::Object(fields) => {
                let templates = templates(fields.clone())?;
                match templates.iter().all(|(_, template)| template.is_literal()) {
                    true => Self::Literal(fields.into()),
                    false => Self::Object(templates),
                }
            }
            scalar => Self::Literal(scalar),
        })
    }
}

impl TryFrom<Map<String, Value>> for Assign {
    type Error = String;

    fn try_from(fields: Map<String, Value>) -> Result<Self, String> {
        for name in fields.keys() {
            let is_identifier = name.chars().enumerate().all(|(index, c)| {
                c == '_' || c.is_alphabetic() || (index > 0 && c.is_alphanumeric())
            });
            let length = name.chars().count();
            if !is_identifier || !(1..=MAX_NAME_CHARS).contains(&length) || name == "states" {
                return Err(format!("`{name}` cannot be the name of a variable"));
            }
        }
        templates(fields).map(Self)
    }
}

fn templates(fields: Map<String, Value>) -> Result<Vec<(String, Template)>, String> {
    let fields = fields.into_iter().map(|(name, value)| {
        let template = Template::try_from(value).map_err(|why| format!("`{name}`: {why}"))?;
        Ok((name, template))
    });
    fields.collect()
}

impl Template {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// Returns whether an expression in the template reads `$states.errorOutput`.
    pub(crate) fn reads_error_output(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Expression(expression) => expression.reads_error_output,
            Self::Array(items) => items.iter().any(Self::reads_error_output),
            Self::Object(fields) => fields.iter().any(|(_, field)| field.reads_error_output()),
        }
    }
}
