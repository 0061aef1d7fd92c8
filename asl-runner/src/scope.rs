//! The values that the expressions of a state can read, and their evaluation.

use crate::expression::Expression;
use crate::functions::{self, Draws};
use crate::template::Template;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::value::JValue;
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The workflow variables, by name.
pub(crate) type Variables = BTreeMap<String, JValue>;

/// Integers from here on are not all distinct as doubles.
const MAX_EXACT_INTEGER: i64 = 1 << 53;

/// The values that expressions can read: the variables and `$states`.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) variables: &'a Variables,
    pub(crate) data: StateData<'a>,
    /// The value of `$states.context.Execution`.
    pub(crate) execution: &'a JValue,
    /// The value of `$states.context.State`.
    pub(crate) state: &'a JValue,
    pub(crate) now: OffsetDateTime,
    pub(crate) draws: &'a Draws,
}

/// The fields of `$states` that depend on how far the state is.
#[derive(Clone, Copy)]
pub(crate) struct StateData<'a> {
    pub(crate) input: &'a Value,
    /// The index and the item of an iteration. `None` outside an `ItemSelector`.
    ///
    /// Source: Step Functions Developer Guide, "Accessing execution data from the Context object":
    /// the states of an `ItemProcessor` do not have them.
    pub(crate) item: Option<(usize, &'a Value)>,
    /// The result of the task, of the items or of the branches. `None` if there is none, or not
    /// yet.
    pub(crate) result: Option<&'a Value>,
    /// The error output. `None` outside a `Catch`.
    pub(crate) error_output: Option<&'a Value>,
}

impl<'a> StateData<'a> {
    /// The data of a state that has just been entered.
    pub(crate) fn at_start(input: &'a Value) -> Self {
        Self {
            input,
            item: None,
            result: None,
            error_output: None,
        }
    }
}

/// The reason why a field has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct EvaluationError {
    pub(crate) cause: String,
    /// The field, such as `Arguments/Overrides`.
    pub(crate) location: String,
}

impl Scope<'_> {
    /// Fills in a template. `field` is its name, for error messages.
    ///
    /// # Errors
    /// Returns an error if an expression fails, or if its result is not JSON. In particular, an
    /// expression must not return nothing.
    pub(crate) fn fill(&self, template: &Template, field: &str) -> Result<Value, EvaluationError> {
        let within = |part: &str| format!("{field}/{part}");
        Ok(match template {
            Template::Literal(value) => value.clone(),
            Template::Expression(expression) => self.evaluate(expression, field)?,
            Template::Array(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.fill(item, &within(&index.to_string())));
                items.collect::<Result<_, _>>()?
            }
            Template::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, item)| Ok((name.clone(), self.fill(item, &within(name))?)));
                fields.collect::<Result<_, _>>()?
            }
        })
    }

    fn evaluate(&self, expression: &Expression, field: &str) -> Result<Value, EvaluationError> {
        let text = &expression.text;
        let error = |why: &str| EvaluationError {
            cause: format!(
                "The JSONata expression '{text}' specified for the field '{field}' {why}"
            ),
            location: field.to_owned(),
        };
        let result = self
            .evaluator(expression)
            .evaluate(&expression.tree, &JValue::Undefined)
            .map_err(|why| error(&format!("threw an error: {}", why.message())))?;
        match result {
            JValue::Undefined => Err(error("returned nothing (undefined).")),
            result => to_json(&result).ok_or_else(|| error("returned a value that is not JSON.")),
        }
    }

    /// Returns an evaluator that knows what the expression mentions, and no more, because most
    /// expressions are evaluated thousands of times.
    fn evaluator(&self, expression: &Expression) -> Evaluator {
        let mut context = Context::new();
        for name in &expression.names {
            let value = match name.as_str() {
                "states" => Some(self.states()),
                name => self.variables.get(name).cloned(),
            };
            if let Some(value) = value {
                context.bind(name.clone(), value);
            }
        }
        let mut evaluator = Evaluator::with_context(context);
        for name in &expression.names {
            functions::add(name, &mut evaluator, self.now, self.draws);
        }
        evaluator
    }

    /// Returns the value of `$states`.
    fn states(&self) -> JValue {
        let json = |value: &Value| JValue::from(value.clone());
        let item = self.data.item.map(|(index, value)| {
            let item = [("Index", Some(index.into())), ("Value", Some(json(value)))];
            object([("Item", Some(object(item)))])
        });
        let context = object([
            ("Execution", Some(self.execution.clone())),
            ("State", Some(self.state.clone())),
            ("Map", item),
        ]);
        object([
            ("input", Some(json(self.data.input))),
            ("context", Some(context)),
            ("result", self.data.result.map(json)),
            ("errorOutput", self.data.error_output.map(json)),
        ])
    }
}

/// Creates a JSONata object with the fields that have a value.
fn object<const N: usize>(fields: [(&str, Option<JValue>); N]) -> JValue {
    let fields = fields.into_iter();
    let fields = fields.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    JValue::object(fields.collect())
}

/// Converts the result of an expression to JSON. Numbers without a fraction become integers.
/// `None` if it contains a function, a regular expression, or a number that JSON does not have.
fn to_json(value: &JValue) -> Option<Value> {
    Some(match value {
        JValue::Null => Value::Null,
        JValue::Bool(value) => (*value).into(),
        JValue::Number(number) => match value.as_i64() {
            Some(integer) if (-MAX_EXACT_INTEGER..=MAX_EXACT_INTEGER).contains(&integer) => {
                integer.into()
            }
            _ => Number::from_f64(*number)?.into(),
        },
        JValue::String(text) => text.as_ref().into(),
        JValue::Array(items) => items.iter().map(to_json).collect::<Option<_>>()?,
        JValue::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| Some((name.clone(), to_json(value)?)));
            fields.collect::<Option<_>>()?
        }
        _ => return None,
    })
}
