//! The entries of `Catch`.

use super::state::Exit;
use crate::template::{Assign, Template};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(from = "CatcherFields")]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<String>,
    pub(crate) exit: Exit,
    pub(crate) next: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CatcherFields {
    _comment: Option<String>,
    error_equals: Vec<String>,
    #[serde(default)]
    assign: Assign,
    output: Option<Template>,
    next: String,
}

impl From<CatcherFields> for Catcher {
    fn from(fields: CatcherFields) -> Self {
        let CatcherFields {
            error_equals,
            assign,
            output,
            next,
            ..
        } = fields;
        Self {
            error_equals,
            exit: Exit { assign, output },
            next,
        }
    }
}
