//! Quick fixes: the help of a problem as an edit, where it is one.
//!
//! A help is a sentence. So each edit that it may mean is tried, and offered only if the problem is gone
//! in the edited text, and no new error has come.

use crate::diagnostics;
use crate::document::Document;
use crate::fix_edits::{
    Edit, add_to_list, applied, container, insert_key, list_element, remove, set_value,
};
use crate::outline::Outline;
use exitwise_engine::diagnostic::{Code, Diagnostic, Severity};
use exitwise_engine::policy::Type;
use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Range as LspRange, TextEdit, WorkspaceEdit,
};
use std::collections::HashMap;

/// An edit that mends a problem.
#[derive(Debug, Clone)]
pub(crate) struct Fix {
    title: String,
    /// Never empty; the places do not overlap.
    edits: Vec<Edit>,
}

impl Fix {
    fn new(title: String, edit: Edit) -> Self {
        let edits = vec![edit];
        Self { title, edits }
    }
}

/// The quick fixes for problems that touch this range.
pub(crate) fn actions(document: &Document, range: LspRange) -> Vec<CodeActionOrCommand> {
    let offset = |position| document.lines.offset(&document.text, position);
    let (start, end) = (offset(range.start), offset(range.end));
    let problems = document.problems().iter().enumerate();
    let touching = problems.filter(|(_, it)| it.span.start <= end && start <= it.span.end);
    let actions = touching.flat_map(|(index, problem)| {
        let fixes = document.fixes(index);
        let is_only = fixes.len() == 1;
        let actions = fixes
            .iter()
            .map(move |fix| action(document, problem, fix, is_only));
        actions.collect::<Vec<_>>()
    });
    actions.collect()
}

fn action(
    document: &Document,
    problem: &Diagnostic,
    fix: &Fix,
    is_only: bool,
) -> CodeActionOrCommand {
    let edits = fix.edits.iter().map(|edit| {
        let range = document.lines.range(&document.text, &edit.span);
        TextEdit::new(range, edit.text.clone())
    });
    let edits = edits.collect();
    CodeActionOrCommand::CodeAction(CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostics::problem(document, problem)]),
        edit: Some(WorkspaceEdit::new(HashMap::from([(
            document.uri.clone(),
            edits,
        )]))),
        is_preferred: Some(is_only),
        ..CodeAction::default()
    })
}

/// The edits that mend one of the document's problems.
pub(crate) fn fixes(document: &Document, problem: &Diagnostic) -> Vec<Fix> {
    let before = document.problems();
    let is_good = |fix: &Fix| {
        let text = applied(&document.text, &fix.edits);
        is_mended(problem, before, &document.problems_of(&text))
    };
    let mut good: Vec<Fix> = Vec::new();
    for fix in candidates(document, problem) {
        if !good.iter().any(|it| it.title == fix.title) && is_good(&fix) {
            good.push(fix);
        }
    }
    good
}

/// Whether the problem is gone, and no error has come. After an error in the syntax the rest is not
/// read, so then errors of other kinds are not new.
fn is_mended(problem: &Diagnostic, before: &[Diagnostic], after: &[Diagnostic]) -> bool {
    let count = |all: &[Diagnostic], it: &Diagnostic| {
        let same = |other: &&Diagnostic| other.code == it.code && other.message == it.message;
        all.iter().filter(same).count()
    };
    let is_new = |it: &Diagnostic| {
        let was_hidden = problem.code == Code::Syntax && it.code != Code::Syntax;
        it.code.severity() == Severity::Error && !was_hidden && count(after, it) > count(before, it)
    };
    count(after, problem) < count(before, problem) && !after.iter().any(is_new)
}

/// The edits that the help of a problem may mean.
fn candidates(document: &Document, problem: &Diagnostic) -> Vec<Fix> {
    let Some(help) = problem.help.as_deref() else {
        return Vec::new();
    };
    let outline = document.current().map(|it| &it.outline);
    let mut found = replacements(document, problem, help);
    found.extend(quotes_and_brackets(document, problem, help));
    found.extend(actual_decisions(document, problem));
    if let Some(outline) = outline {
        found.extend(insertions(document, outline, problem, help));
        found.extend(removals(document, outline, problem, help));
        found.extend(other_values(document, outline, problem, help));
    }
    found
}

/// What stands in backticks in a text, with what is before it.
fn in_backticks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = text.split('`');
    std::iter::from_fn(move || {
        let before = parts.next()?;
        Some((before, parts.next()?))
    })
    // A text that is cut is not what to write.
    .filter(|(_, quoted)| !quoted.contains('…'))
}

/// Edits that write something else at the place of the problem.
fn replacements(document: &Document, problem: &Diagnostic, help: &str) -> Vec<Fix> {
    let here = document.text.get(problem.span.clone()).unwrap_or_default();
    let says = |starts: &[&str]| starts.iter().any(|start| help.starts_with(start));
    let mut fixes = Vec::new();
    let mut write = |text: String| {
        let title = format!("write `{text}`");
        let span = problem.span.clone();
        fixes.push(Fix {
            title,
            edits: vec![Edit { span, text }],
        });
    };
    let quote = here.chars().next().filter(|c| "\"'".contains(*c));
    for (before, text) in in_backticks(help) {
        let is_alternative = matches!(before.trim(), "," | "or" | ", or");
        let is_first = help.starts_with(before) && !before.contains('`');
        let verb = before.trim_end();
        let is_verb = matches!(
            verb,
            "write" | "did you mean" | "expect" | "head each rule with"
        ) || (verb.starts_with("head each ") && verb.ends_with(" with"));
        if is_first && is_verb || is_alternative && says(&["write `"]) {
            // Some helps give what is between the quotes.
            let has_quote = text.starts_with(['"', '\'', '[', '{']) || text.parse::<f64>().is_ok();
            match quote.filter(|_| !has_quote) {
                Some(quote) => write(format!("{quote}{text}{quote}")),
                None => write(text.to_owned()),
            }
        }
        if verb == "say the unit in quotes, for example" && text.contains(here) {
            write(text.to_owned());
        }
        if verb == "name the kind, as in" {
            write(format!("{{ {text} }}"));
        }
    }
    // `**` is a power elsewhere; the problem is at its second character.
    let before = problem.span.start.checked_sub(1);
    if help.starts_with("write `^`")
        && before.and_then(|at| document.text.get(at..=at)) == Some("*")
    {
        fixes.insert(
            0,
            Fix {
                title: "write `^`".to_owned(),
                edits: vec![Edit {
                    span: before.unwrap_or(0)..problem.span.end,
                    text: "^".to_owned(),
                }],
            },
        );
    }
    fixes
}

/// The edit that makes a failed test expect what is decided.
fn actual_decisions(document: &Document, problem: &Diagnostic) -> Option<Fix> {
    if problem.code != Code::FailedTest {
        return None;
    }
    let related = problem.related.iter().map(|it| (&it.span, &it.label));
    let places = related.chain([(&problem.span, &problem.label)]);
    let edits = places.filter_map(|(span, label)| {
        let actual = label.strip_prefix("got ")?;
        // A table expects more than a type.
        let here = document.text.get(span.clone())?;
        let quote = here.chars().next().filter(|c| "\"'".contains(*c))?;
        Some(Edit {
            span: span.clone(),
            text: format!("{quote}{actual}{quote}"),
        })
    });
    let title = "expect what the policy decides".to_owned();
    let edits: Vec<_> = edits.collect();
    (!edits.is_empty()).then_some(Fix { title, edits })
}

/// Edits that close what is open.
fn quotes_and_brackets(document: &Document, problem: &Diagnostic, help: &str) -> Vec<Fix> {
    let insert = |title: &str, at: usize, text: &str| Fix {
        title: title.to_owned(),
        edits: vec![Edit {
            span: at..at,
            text: text.to_owned(),
        }],
    };
    let rest = document.text.get(problem.span.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let end_of_line = problem.span.start + line.trim_end().len();
    if help.starts_with("end it with the quote") {
        let quotes = ["\"", "'"].into_iter();
        return quotes
            .map(|quote| {
                insert(
                    &format!("close the string with `{quote}`"),
                    end_of_line,
                    quote,
                )
            })
            .collect();
    }
    let close = in_backticks(help).next();
    let Some((_, close)) = close.filter(|(verb, _)| *verb == "close it with ") else {
        return Vec::new();
    };
    let places = [end_of_line, document.text.trim_end().len()];
    places
        .into_iter()
        .map(|at| insert(&format!("close it with `{close}`"), at, close))
        .collect()
}

/// Edits that add a key, or an element to a list.
fn insertions(
    document: &Document,
    outline: &Outline,
    problem: &Diagnostic,
    help: &str,
) -> Vec<Fix> {
    let text = &document.text;
    let mut fixes = Vec::new();
    for (before, added) in in_backticks(help) {
        let mut add = |edit: Option<Edit>| {
            let title = format!("add `{added}`");
            fixes.extend(edit.map(|edit| Fix::new(title, edit)));
        };
        let verb = before.trim_end();
        if verb.ends_with("add") || verb.ends_with("set") {
            for table in container(outline, &problem.span) {
                add(insert_key(outline, text, table, added));
            }
        }
        if verb == "name" && help.contains("`, too") {
            add(add_to_list(outline, &problem.span, text, added));
        }
    }
    fixes
}

/// Edits that remove what the problem is about.
fn removals(document: &Document, outline: &Outline, problem: &Diagnostic, help: &str) -> Vec<Fix> {
    let (text, mut fixes) = (&document.text, Vec::new());
    let mut add = |what: &str, edit: Option<Edit>| {
        let title = format!("remove `{what}`");
        fixes.extend(edit.map(|edit| Fix::new(title, edit)));
    };
    let starts = ["remove it", "drop it", "leave them out", "leave it out"];
    let says_so = starts.iter().any(|start| help.starts_with(start))
        || help.ends_with("or remove it")
        || help.contains("remove this value");
    let here = text.get(problem.span.clone()).unwrap_or_default();
    let node = outline.about(&problem.span);
    if says_so && let Some((index, node)) = node {
        let name = node.key.as_ref().map_or(here, |(key, _)| key.as_str());
        add(name, remove(outline, text, index));
    } else if says_so {
        // A part of a string, such as the flags of a pattern.
        let span = problem.span.clone();
        let text = String::new();
        add(here, Some(Edit { span, text }));
    }
    let keys = in_backticks(help).filter(|(before, _)| before.trim_end().ends_with("remove"));
    for (_, statement) in keys {
        let key = statement.split(['=', ' ']).next().unwrap_or_default();
        for table in container(outline, &problem.span) {
            let edit = outline.child(table, key);
            add(
                statement,
                edit.and_then(|(index, _)| remove(outline, text, index)),
            );
        }
    }
    fixes
}

/// Edits that give another key of the same table another value.
fn other_values(
    document: &Document,
    outline: &Outline,
    problem: &Diagnostic,
    help: &str,
) -> Vec<Fix> {
    let (text, mut fixes) = (&document.text, Vec::new());
    let tables = container(outline, &problem.span);
    let mut set = |key: &str, value: String| {
        for table in &tables {
            let edit = set_value(outline, text, *table, key, &value);
            let title = format!("set `{key} = {value}`");
            fixes.extend(edit.map(|edit| Fix::new(title, edit)));
        }
    };
    if let Some((_, words)) = help.split_once("use ") {
        for type_ in words
            .split([' ', ','])
            .filter_map(|word| word.parse::<Type>().ok())
        {
            set("type", format!("\"{type_}\""));
        }
    }
    let lower = help.split_once("`max_retries` to ");
    if let Some((before, rest)) = lower
        && before.contains("lower")
    {
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if !number.is_empty() {
            set("max_retries", number);
        }
    }
    // A list that has an element once is as good.
    if help.contains("remove this value")
        && let Some(edit) = list_element(outline, &problem.span, text)
    {
        let title = "remove the value".to_owned();
        fixes.push(Fix::new(title, edit));
    }
    fixes
}
