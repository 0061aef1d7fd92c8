//! Definition, references and rename of names.

use crate::document::Document;
use crate::names::{Named, name_at, same};
use exitwise_engine::diagnostic::{Code, Diagnostic};
use exitwise_engine::policy::{DEFAULT_RULE, Policy};
use ls_types::{
    GotoDefinitionResponse, Location, Position, PrepareRenameResponse, TextEdit, WorkspaceEdit,
};
use std::collections::HashMap;
use std::ops::Range;

/// The places that define the name at this position.
pub(crate) fn definition(document: &Document, at: Position) -> Option<GotoDefinitionResponse> {
    let (snapshot, offset) = document.snapshot_at(at);
    let name = name_at(&snapshot.names, offset)?;
    let places = same(&snapshot.names, name).filter(|it| it.defines);
    let places: Vec<_> = places.map(|it| location(document, it)).collect();
    (!places.is_empty()).then_some(GotoDefinitionResponse::Array(places))
}

/// The places with the name at this position.
pub(crate) fn references(
    document: &Document,
    at: Position,
    with_definition: bool,
) -> Option<Vec<Location>> {
    let (snapshot, offset) = document.snapshot_at(at);
    let name = name_at(&snapshot.names, offset)?;
    let places = same(&snapshot.names, name).filter(|it| with_definition || !it.defines);
    Some(places.map(|it| location(document, it)).collect())
}

fn location(document: &Document, name: &Named) -> Location {
    let (snapshot, _) = document.snapshot_at(Position::default());
    let range = snapshot.lines.range(&snapshot.text, &name.span);
    Location::new(document.uri.clone(), range)
}

/// The name that a rename at this position would change.
pub(crate) fn prepare(
    document: &Document,
    at: Position,
) -> Result<Option<PrepareRenameResponse>, String> {
    let Some(name) = renamable(document, at)? else {
        return Ok(None);
    };
    Ok(Some(PrepareRenameResponse::RangeWithPlaceholder {
        range: document.lines.range(&document.text, &name.span),
        placeholder: name.name.clone(),
    }))
}

fn renamable(document: &Document, at: Position) -> Result<Option<&Named>, String> {
    let Some(snapshot) = document.current() else {
        return Err("the policy is not TOML; correct that first".to_owned());
    };
    let offset = document.lines.offset(&document.text, at);
    let name = name_at(&snapshot.names, offset);
    match name {
        Some(name) if name.name == DEFAULT_RULE => {
            Err(format!("`{DEFAULT_RULE}` is the name of `[default]`"))
        }
        Some(name) if !same(&snapshot.names, name).any(|it| it.defines) => {
            Err(format!("the policy does not define `{}`", name.name))
        }
        name => Ok(name),
    }
}

/// Changes a name wherever it is.
///
/// # Errors
/// Returns why the new name cannot be used: it is not valid, or it is used already.
pub(crate) fn rename(
    document: &Document,
    at: Position,
    new_name: &str,
) -> Result<Option<WorkspaceEdit>, String> {
    let Some(name) = renamable(document, at)? else {
        return Ok(None);
    };
    // All names of the language consist of these. So every one can replace another between quotes, and
    // as a key without quotes.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if new_name.is_empty() || !new_name.chars().all(is_plain) {
        return Err(format!(
            "`{new_name}` is not a name: use letters, digits, `-` and `_`"
        ));
    }
    let names = document.current().map(|it| it.names.as_slice());
    let spans: Vec<_> = same(names.unwrap_or_default(), name)
        .map(|it| it.span.clone())
        .collect();
    let mut text = document.text.clone();
    for span in spans.iter().rev() {
        text.replace_range(span.clone(), new_name);
    }
    if new_name != name.name
        && let Some(problem) = new_problem(&document.text, &text)
    {
        return Err(format!("{}: {}", problem.message, problem.label));
    }
    let edit = |span: &Range<usize>| {
        let range = document.lines.range(&document.text, span);
        TextEdit::new(range, new_name.to_owned())
    };
    let edits = spans.iter().map(edit).collect();
    Ok(Some(WorkspaceEdit::new(HashMap::from([(
        document.uri.clone(),
        edits,
    )]))))
}

/// The first problem of the new text of which the old one has fewer of the kind.
fn new_problem(old: &str, new: &str) -> Option<Diagnostic> {
    let problems = |text| match Policy::load(text) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    let (old, new) = (problems(old), problems(new));
    let count = |code: Code| {
        let of = |all: &exitwise_engine::diagnostic::Diagnostics| {
            all.iter().filter(|it| it.code == code).count()
        };
        of(&new) > of(&old)
    };
    new.iter().find(|problem| count(problem.code)).cloned()
}
