//! JSONata expressions, parsed when the definition is loaded.

use jsonata_core::ast::AstNode;
use jsonata_core::parser;
use serde_json::Value;
use std::collections::BTreeSet;

/// A JSONata expression that Step Functions would accept.
#[derive(Debug)]
pub(crate) struct Expression {
    /// The expression between `{%` and `%}`, for error messages.
    pub(crate) text: String,
    pub(crate) tree: AstNode,
    /// The names after a `$` in the expression, of variables and of functions.
    pub(crate) names: BTreeSet<String>,
    /// `true` if the expression reads `$states.errorOutput`. Only a `Catch` has that value.
    pub(crate) reads_error_output: bool,
}

impl Expression {
    /// Parses a string of a definition. `None` if it is not an expression but a literal.
    ///
    /// # Errors
    /// Returns an error if the string starts like an expression and is not one, or if the
    /// expression uses a part of JSONata that Step Functions does not have.
    pub(crate) fn read(string: &str) -> Result<Option<Self>, String> {
        let Some(rest) = string.strip_prefix("{%") else {
            return Ok(None);
        };
        let text = rest
            .strip_suffix("%}")
            .ok_or_else(|| format!("`{string}` starts with {{% but does not end with %}}"))?
            .trim();
        let wrong = |why: String| format!("`{text}` is not a JSONata expression: {why}");
        let tree = parser::parse(text).map_err(|error| wrong(error.to_string()))?;
        let json = serde_json::to_value(&tree).map_err(|error| wrong(error.to_string()))?;
        let mut names = BTreeSet::new();
        collect_names(&json, &mut names);
        let unsupported = match names.contains("eval") {
            true => Some("the function `$eval`"),
            false => unsupported_operator(&json),
        };
        match unsupported {
            Some(name) => Err(format!(
                "`{text}` uses {name}, which Step Functions does not support"
            )),
            None => Ok(Some(Self {
                text: text.to_owned(),
                tree,
                names,
                reads_error_output: reads_error_output(&json),
            })),
        }
    }
}

/// Finds an operator of later versions of JSONata in a syntax tree.
///
/// Source: Step Functions Developer Guide, "Transforming data with JSONata": version 2.0.6, without
/// `$eval`.
fn unsupported_operator(tree: &Value) -> Option<&'static str> {
    let own = match tree.get("op").and_then(Value::as_str) {
        Some("Coalesce") => Some("the operator `??`"),
        Some("Default") => Some("the operator `?:`"),
        _ => None,
    };
    own.or_else(|| children(tree).find_map(unsupported_operator))
}

/// Adds the names after a `$` in a syntax tree.
fn collect_names(tree: &Value, names: &mut BTreeSet<String>) {
    let name = tree.get("Variable").or(tree.get("name"));
    names.extend(name.and_then(Value::as_str).map(str::to_owned));
    children(tree).for_each(|child| collect_names(child, names));
}

/// Returns whether `$states.errorOutput` is in a syntax tree.
fn reads_error_output(tree: &Value) -> bool {
    let is_path = tree.pointer("/Path/steps").is_some_and(|steps| {
        let step = |index: usize, kind: &str| steps.get(index)?.get("node")?.get(kind)?.as_str();
        step(0, "Variable") == Some("states") && step(1, "Name") == Some("errorOutput")
    });
    is_path || children(tree).any(reads_error_output)
}

fn children(tree: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match tree {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}
