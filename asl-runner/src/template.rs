//! `Parameters` and `ResultSelector`: JSON in which the keys that end in `.$` hold paths and intrinsics.

use crate::path::Path;
use crate::scope::{INTRINSIC_FAILURE, Scope};
use crate::task::TaskFailure;
use serde_json::Value;

/// JSON, some of which is filled in from the input and the context object.
#[derive(Debug)]
pub(crate) enum Template {
    Literal(Value),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
    Path(Path),
    /// `States.Format`: the text cut at each `{}`, and what goes between, one fewer.
    Format(Vec<String>, Vec<Template>),
}

impl Template {
    /// Reads a template; the error names the key.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => Ok(Self::Array(items.iter().map(Self::parse).collect::<Result<_, _>>()?)),
            Value::Object(fields) if fields.keys().any(|key| fields.contains_key(&format!("{key}.$"))) => {
                Err("a key is there with and without `.$`".to_owned())
            }
            Value::Object(fields) => Ok(Self::Object(fields.iter().map(Self::field).collect::<Result<_, _>>()?)),
            scalar => Ok(Self::Literal(scalar.clone())),
        }
    }

    fn field((key, value): (&String, &Value)) -> Result<(String, Self), String> {
        let template = match value {
            _ if !key.ends_with(".$") => Self::parse(value),
            Value::String(text) if text.starts_with('$') => Path::parse(text).map(Self::Path),
            Value::String(text) if text.starts_with("States.") => format_call(text),
            other => Err(format!("{other} is neither a path nor an intrinsic")),
        };
        Ok((key.clone(), template.map_err(|why| format!("`{key}`: {why}"))?))
    }

    /// Fills the template in; `field` is for the error.
    pub(crate) fn fill(&self, field: &str, scope: &Scope<'_>) -> Result<Value, TaskFailure> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Path(path) => scope.read(field, path)?.clone(),
            Self::Array(items) => items.iter().map(|item| item.fill(field, scope)).collect::<Result<_, _>>()?,
            Self::Object(fields) => {
                let fields = fields.iter().map(|(key, template)| {
                    Ok((key.strip_suffix(".$").unwrap_or(key).to_owned(), template.fill(key, scope)?))
                });
                Value::Object(fields.collect::<Result<_, _>>()?)
            }
            Self::Format(pieces, arguments) => {
                let mut text = String::new();
                let mut arguments = arguments.iter();
                for piece in pieces {
                    text.push_str(piece);
                    match arguments.next().map(|argument| argument.fill(field, scope)).transpose()? {
                        None => {}
                        Some(Value::String(argument)) => text.push_str(&argument),
                        Some(list @ (Value::Array(_) | Value::Object(_))) => {
                            return Err(
                                scope.fault(INTRINSIC_FAILURE, format!("`{field}` cannot put {list} into a text"))
                            );
                        }
                        Some(scalar) => text.push_str(&scalar.to_string()),
                    }
                }
                Value::String(text)
            }
        })
    }
}

/// Reads `States.Format('…', …)`.
fn format_call(text: &str) -> Result<Template, String> {
    let wrong = || format!("`{text}` is not a call like `States.Format('{{}}', $.a)`, the only intrinsic supported");
    let rest = text.strip_prefix("States.Format(").ok_or_else(wrong)?.trim_start();
    let (pieces, mut rest) = quoted_text(rest).ok_or_else(wrong)?;
    let mut arguments = Vec::new();
    while let Some(after) = rest.trim_start().strip_prefix(',') {
        let (template, after) = argument(after.trim_start())?;
        arguments.push(template);
        rest = after;
    }
    match rest.trim_start() {
        ")" if pieces.len() == arguments.len() + 1 => Ok(Template::Format(pieces, arguments)),
        ")" => Err(format!("`{text}` must have a value for each `{{}}`")),
        _ => Err(wrong()),
    }
}

/// Reads the argument that a text starts with, and gives the rest of the text.
fn argument(text: &str) -> Result<(Template, &str), String> {
    if text.starts_with('$') {
        return Path::read(text).map(|(path, rest)| (Template::Path(path), rest));
    }
    if let Some((pieces, rest)) = quoted_text(text) {
        return Ok((Template::Literal(pieces.join("{}").into()), rest));
    }
    let rest = text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '.'));
    match text.strip_suffix(rest).and_then(|literal| serde_json::from_str(literal).ok()) {
        Some(literal) => Ok((Template::Literal(literal), rest)),
        None => Err(format!("argument `{text}` is not supported")),
    }
}

/// Reads a text in quotes, cut at each `{}`, and gives the rest. A backslash escapes `'`, `{`, `}` and itself.
fn quoted_text(text: &str) -> Option<(Vec<String>, &str)> {
    let mut chars = text.strip_prefix('\'')?.chars();
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    loop {
        match chars.next()? {
            '\'' => break,
            '\\' => piece.push(chars.next().filter(|c| matches!(c, '\'' | '{' | '}' | '\\'))?),
            '{' if chars.as_str().starts_with('}') => {
                chars.next();
                pieces.push(std::mem::take(&mut piece));
            }
            other => piece.push(other),
        }
    }
    pieces.push(piece);
    Some((pieces, chars.as_str()))
}
