//! Rules of Choice states.

use crate::path::Path;
use crate::reader::{Reader, path};
use crate::scope::Scope;
use crate::task::TaskFailure;
use serde_json::Value;
use std::cmp::Ordering;

/// A rule, without where it leads.
#[derive(Debug)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Test(Path, Test),
}

/// A question about the value of `Variable`.
#[derive(Debug)]
pub(crate) enum Test {
    IsPresent(bool),
    Is(fn(&Value) -> bool, bool),
    Compare(fn(Ordering) -> bool, Value),
}

impl Rule {
    /// Reads the rule; only the outermost has a `Next`, and the caller has taken that.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let operators = reader.names().filter(|name| !matches!(*name, "Next" | "Variable"));
        match operators.collect::<Vec<_>>().as_slice() {
            ["And"] => reader.list("And", Self::read).map(Self::And),
            ["Or"] => reader.list("Or", Self::read).map(Self::Or),
            ["Not"] => reader.nested("Not", Self::read).map(|rule| Self::Not(Box::new(rule))),
            [operator] => {
                let operator = (*operator).to_owned();
                let variable = reader.required("Variable", path);
                let test = reader.required(&operator, |value| Test::parse(&operator, value));
                Some(Self::Test(variable?, test?))
            }
            operators => {
                let problem = format!("a rule needs one operator, this has {}: {operators:?}", operators.len());
                reader.report(&problem);
                reader.give_up();
                None
            }
        }
    }

    /// Whether the rule holds. What comes after the answer is certain is not looked at.
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> Result<bool, TaskFailure> {
        match self {
            Self::And(rules) => Ok(!Self::any(rules, false, scope)?),
            Self::Or(rules) => Self::any(rules, true, scope),
            Self::Not(rule) => Ok(!rule.holds(scope)?),
            Self::Test(path, Test::IsPresent(wanted)) => Ok(scope.find(path).is_some() == *wanted),
            Self::Test(path, Test::Is(has_type, wanted)) => Ok(has_type(scope.read("Variable", path)?) == *wanted),
            Self::Test(path, Test::Compare(accepts, value)) => {
                Ok(compare(scope.read("Variable", path)?, value).is_some_and(accepts))
            }
        }
    }

    /// Whether one of the rules answers so.
    fn any(rules: &[Self], answer: bool, scope: &Scope<'_>) -> Result<bool, TaskFailure> {
        for rule in rules {
            if rule.holds(scope)? == answer {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Test {
    fn parse(operator: &str, value: &Value) -> Result<Self, String> {
        let is = |has_type: fn(&Value) -> bool| value.as_bool().map(|wanted| Self::Is(has_type, wanted));
        let compare = |has_type: fn(&Value) -> bool, accepts: fn(Ordering) -> bool| {
            has_type(value).then(|| Self::Compare(accepts, value.clone()))
        };
        let test = match operator {
            "IsPresent" => value.as_bool().map(Self::IsPresent),
            "IsNull" => is(Value::is_null),
            "IsString" => is(Value::is_string),
            "IsNumeric" => is(Value::is_number),
            "IsBoolean" => is(Value::is_boolean),
            "StringEquals" => compare(Value::is_string, Ordering::is_eq),
            "BooleanEquals" => compare(Value::is_boolean, Ordering::is_eq),
            "NumericEquals" => compare(Value::is_number, Ordering::is_eq),
            "NumericLessThan" => compare(Value::is_number, Ordering::is_lt),
            "NumericLessThanEquals" => compare(Value::is_number, Ordering::is_le),
            "NumericGreaterThan" => compare(Value::is_number, Ordering::is_gt),
            "NumericGreaterThanEquals" => compare(Value::is_number, Ordering::is_ge),
            _ => return Err("this operator is not supported".to_owned()),
        };
        test.ok_or_else(|| format!("{value} is not of the operator's type"))
    }
}

/// The order of two values; none if they are of different types.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        _ => None,
    }
}
