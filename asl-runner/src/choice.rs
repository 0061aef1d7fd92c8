//! Rules of Choice states.

use crate::path::{Path, Scope};
use crate::task::TaskFailure;
use serde::{Deserialize, de::Error};
use serde_json::{Map, Value, from_value};

/// A rule and where it leads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Branch {
    pub(crate) next: String,
    #[serde(flatten)]
    pub(crate) rule: Rule,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(crate) enum Rule {
    /// Of the value at `Variable`.
    Test(Path, Test),
    /// Of other rules.
    Join(Join),
}

/// In JSON the only field besides `Variable`.
#[derive(Debug, Deserialize)]
pub(crate) enum Test {
    IsPresent(bool),
    IsNull(bool),
    IsString(bool),
    IsNumeric(bool),
    IsBoolean(bool),
    StringEquals(String),
}

/// In JSON the only field.
#[derive(Debug, Deserialize)]
pub(crate) enum Join {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
}

impl TryFrom<Map<String, Value>> for Rule {
    type Error = serde_json::Error;

    fn try_from(mut fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let variable = fields.remove("Variable");
        if fields.len() != 1 {
            let operators: Vec<_> = fields.keys().collect();
            return Err(Error::custom(format!(
                "a rule needs one operator, not {operators:?}"
            )));
        }
        match variable {
            Some(variable) => Ok(Self::Test(
                from_value(variable)?,
                from_value(Value::Object(fields))?,
            )),
            None => from_value(Value::Object(fields)).map(Self::Join),
        }
    }
}

impl Rule {
    /// Whether the rule holds. What comes after the answer is certain is not looked at.
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> Result<bool, TaskFailure> {
        match self {
            Self::Join(Join::And(rules)) => rules
                .iter()
                .try_fold(true, |all, rule| Ok(all && rule.holds(scope)?)),
            Self::Join(Join::Or(rules)) => rules
                .iter()
                .try_fold(false, |any, rule| Ok(any || rule.holds(scope)?)),
            Self::Join(Join::Not(rule)) => Ok(!rule.holds(scope)?),
            Self::Test(path, Test::IsPresent(wanted)) => Ok(scope.find(path).is_some() == *wanted),
            Self::Test(path, Test::IsNull(wanted)) => Ok(scope.read(path)?.is_null() == *wanted),
            Self::Test(path, Test::IsString(wanted)) => {
                Ok(scope.read(path)?.is_string() == *wanted)
            }
            Self::Test(path, Test::IsNumeric(wanted)) => {
                Ok(scope.read(path)?.is_number() == *wanted)
            }
            Self::Test(path, Test::IsBoolean(wanted)) => {
                Ok(scope.read(path)?.is_boolean() == *wanted)
            }
            Self::Test(path, Test::StringEquals(text)) => Ok(scope.read(path)? == text),
        }
    }
}
