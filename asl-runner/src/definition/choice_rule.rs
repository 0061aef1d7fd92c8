//! The rules of a Choice state.

use super::state::Exit;
use crate::template::{Assign, Template};
use serde::Deserialize;
use serde_json::Value;

/// A rule of a Choice state, and the name of the state that follows if its condition is true.
#[derive(Debug, Deserialize)]
#[serde(try_from = "ChoiceRuleFields")]
pub(crate) struct ChoiceRule {
    pub(crate) condition: Template,
    pub(crate) exit: Exit,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ChoiceRuleFields {
    _comment: Option<String>,
    condition: Template,
    #[serde(default)]
    assign: Assign,
    output: Option<Template>,
    next: String,
}

impl TryFrom<ChoiceRuleFields> for ChoiceRule {
    type Error = String;

    fn try_from(fields: ChoiceRuleFields) -> Result<Self, String> {
        let ChoiceRuleFields {
            condition,
            assign,
            output,
            next,
            ..
        } = fields;
        match condition {
            Template::Expression(_) | Template::Literal(Value::Bool(_)) => Ok(Self {
                condition,
                exit: Exit { assign, output },
                next,
            }),
            _ => Err("`Condition` is neither an expression nor a boolean".to_owned()),
        }
    }
}
