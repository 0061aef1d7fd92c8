//! The rules of Choice states.

use crate::path::{Path, Scope};
use crate::task::TaskFailure;
use serde::{Deserialize, de::Error};
use serde_json::{Map, Value, from_value};

/// A rule of a Choice state, and the name of the state that follows if the rule matches.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Branch {
    pub(crate) next: String,
    #[serde(flatten)]
    pub(crate) rule: ChoiceRule,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) enum ChoiceRule {
    /// Compares the value at the path, which is `Variable` in JSON.
    Comparison(Path, Comparison),
    /// Combines other rules.
    Boolean(BooleanOperator),
}

/// A comparison operator and its operand. In JSON, it is the only field besides `Variable`.
#[derive(Debug, Deserialize)]
pub(crate) enum Comparison {
    IsPresent(bool),
    IsNull(bool),
    IsString(bool),
    IsNumeric(bool),
    IsBoolean(bool),
    StringEquals(String),
}

/// A boolean operator and its operands. In JSON, it is the only field of the rule.
#[derive(Debug, Deserialize)]
pub(crate) enum BooleanOperator {
    And(Vec<ChoiceRule>),
    Or(Vec<ChoiceRule>),
    Not(Box<ChoiceRule>),
}

impl TryFrom<Map<String, Value>> for ChoiceRule {
    type Error = serde_json::Error;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let variable = fields.remove("Variable");
        if fields.len() != 1 {
            let operators: Vec<_> = fields.keys().collect();
            return Err(Error::custom(format!(
                "a rule needs exactly one operator, found {operators:?}"
            )));
        }
        match variable {
            Some(variable) => Ok(Self::Comparison(
                from_value(variable)?,
                from_value(Value::Object(fields))?,
            )),
            None => from_value(Value::Object(fields)).map(Self::Boolean),
        }
    }
}

impl ChoiceRule {
    /// Returns whether the rule matches the input and the context in the scope.
    ///
    /// `And` and `Or` stop as soon as the result is known. So a path without a value is an error
    /// only if the evaluation reaches it.
    pub(crate) fn matches(&self, scope: &Scope<'_>) -> Result<bool, TaskFailure> {
        match self {
            Self::Boolean(BooleanOperator::And(rules)) => rules
                .iter()
                .try_fold(true, |all, rule| Ok(all && rule.matches(scope)?)),
            Self::Boolean(BooleanOperator::Or(rules)) => rules
                .iter()
                .try_fold(false, |any, rule| Ok(any || rule.matches(scope)?)),
            Self::Boolean(BooleanOperator::Not(rule)) => Ok(!rule.matches(scope)?),
            Self::Comparison(path, comparison) => comparison.matches(path, scope),
        }
    }
}

impl Comparison {
    fn matches(&self, path: &Path, scope: &Scope<'_>) -> Result<bool, TaskFailure> {
        Ok(match self {
            Self::IsPresent(expected) => scope.find(path).is_some() == *expected,
            Self::IsNull(expected) => scope.read(path)?.is_null() == *expected,
            Self::IsString(expected) => scope.read(path)?.is_string() == *expected,
            Self::IsNumeric(expected) => scope.read(path)?.is_number() == *expected,
            Self::IsBoolean(expected) => scope.read(path)?.is_boolean() == *expected,
            Self::StringEquals(text) => scope.read(path)? == text,
        })
    }
}
