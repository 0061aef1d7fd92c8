//! Rewrites expressions that read the result of a state whose result is now a list of one.

use super::error::WeaveErrorKind;
use super::tokens::{TokenKind, tokens};
use crate::json::{Edits, Node, NodeKind, SourceDocument};
use std::ops::Range;

/// A value whose expressions are rewritten.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    /// The text of the value.
    pub(super) text: String,
    /// The markers that may stand for an expression.
    pub(super) hidden: Vec<Range<usize>>,
    /// What cannot be rewritten, and where.
    pub(super) problems: Vec<(Range<usize>, WeaveErrorKind)>,
}

/// Returns the text of a value in which `$states.result` is `$states.result[0]`.
pub(super) fn rewrite_result(document: &SourceDocument<'_>, node: &Node) -> Rewritten {
    let mut rewritten = Rewritten::default();
    let mut insertions = Vec::new();
    visit(document, node, &mut rewritten, &mut insertions);
    let mut edits = Edits::default();
    for at in insertions {
        let at = at - node.span.start;
        edits.replace(at..at, "[0]".to_owned());
    }
    rewritten.text = edits.apply(document.slice(node.span.clone()));
    rewritten
}

fn visit(
    document: &SourceDocument<'_>,
    node: &Node,
    rewritten: &mut Rewritten,
    insertions: &mut Vec<usize>,
) {
    match &node.kind {
        NodeKind::Marker => rewritten.hidden.push(node.span.clone()),
        NodeKind::Text(text) if text.starts_with("{%") && text.ends_with("%}") => {
            visit_expression(document, node, rewritten, insertions);
        }
        NodeKind::Text(text) if text.starts_with("${") => rewritten.hidden.push(node.span.clone()),
        NodeKind::List(items) => {
            for item in items {
                visit(document, item, rewritten, insertions);
            }
        }
        NodeKind::Object(members) => {
            for member in members {
                visit(document, &member.value, rewritten, insertions);
            }
        }
        _ => {}
    }
}

fn visit_expression(
    document: &SourceDocument<'_>,
    node: &Node,
    rewritten: &mut Rewritten,
    insertions: &mut Vec<usize>,
) {
    let (characters, ends) = unescaped(document.slice(node.span.clone()), node.span.start);
    // The places of `{%` and `%}` do not matter: they are symbols.
    let tokens = tokens(&characters);
    let start_of = |span: &Range<usize>| match span.start {
        0 => node.span.start + 1,
        n => ends.get(n - 1).copied().unwrap_or(node.span.end),
    };
    let end_of = |span: &Range<usize>| match span.end {
        0 => node.span.start + 1,
        n => ends.get(n - 1).copied().unwrap_or(node.span.end),
    };
    let place = |span: &Range<usize>| start_of(span)..end_of(span);
    let kind = |n: usize| tokens.get(n).map(|token| &token.kind);
    for (n, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Marker => rewritten.hidden.push(place(&token.span)),
            TokenKind::Variable(name) if name == "states" => {
                let (Some(TokenKind::Symbol('.')), Some(TokenKind::Name(member))) =
                    (kind(n + 1), kind(n + 2))
                else {
                    let problem = (place(&token.span), WeaveErrorKind::WholeStates);
                    rewritten.problems.push(problem);
                    continue;
                };
                if member != "result" {
                    continue;
                }
                if let Some(TokenKind::Symbol(symbol @ ('@' | '#'))) = kind(n + 3) {
                    let problem = WeaveErrorKind::BoundResult { symbol: *symbol };
                    rewritten.problems.push((place(&token.span), problem));
                }
                insertions.extend(tokens.get(n + 2).map(|member| end_of(&member.span)));
            }
            _ => {}
        }
    }
}

/// Returns the characters of a JSON string, and the places in the document where they end. `text` is
/// the string with its quotes, `start` its place.
fn unescaped(text: &str, start: usize) -> (Vec<char>, Vec<usize>) {
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let inner = inner.unwrap_or_default();
    let (mut characters, mut ends) = (Vec::new(), Vec::new());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        let character = match c {
            '\\' => match rest.next() {
                Some('u') => {
                    let digits: String = rest.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    // Half of a character beyond the 16-bit ones is never part of a token here.
                    code.and_then(char::from_u32).unwrap_or('\u{fffd}')
                }
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('b' | 'f') => ' ',
                Some(other) => other,
                None => break,
            },
            c => c,
        };
        characters.push(character);
        ends.push(start + 1 + inner.len() - rest.as_str().len());
    }
    (characters, ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_is_rewritten_by_token() {
        for (expression, expected) in [
            ("$states.result", "$states.result[0]"),
            ("$states.result.A[1]", "$states.result[0].A[1]"),
            ("$states.result[1]", "$states.result[0][1]"),
            ("$states . `result`", "$states . `result`[0]"),
            (
                "$states.results & '$states.result'",
                "$states.results & '$states.result'",
            ),
            (
                r#"\u0024states.result & \"$states.result\""#,
                r#"\u0024states.result[0] & \"$states.result\""#,
            ),
            ("$states.input.result", "$states.input.result"),
            (
                "/* $states.result */ $my.states.result",
                "/* $states.result */ $my.states.result",
            ),
            ("'é\\n😀' & $states.result", "'é\\n😀' & $states.result[0]"),
            ("$f(/$states.result/)", "$f(/$states.result/)"),
            ("$states.result['${key}']", "$states.result[0]['${key}']"),
        ] {
            let text = format!("{{\"a\": [\"{{% {expression} %}}\", \"$states.result\"]}}");
            let document = SourceDocument::parse(&text).unwrap();
            let node = document.root().get("a").unwrap();
            let rewritten = rewrite_result(&document, node);
            let expected = format!("[\"{{% {expected} %}}\", \"$states.result\"]");
            assert_eq!(rewritten.text, expected);
            assert!(rewritten.problems.is_empty() && rewritten.hidden.is_empty());
        }
    }

    #[test]
    fn what_hides_the_result_is_found() {
        for (value, problems, hidden) in [
            ("\"{% $states %}\"", 1, 0),
            ("\"{% $lookup($states, 'result') %}\"", 1, 0),
            ("\"{% $states[\\\"result\\\"] %}\"", 1, 0),
            ("\"{% $states.*.A %}\"", 1, 0),
            ("\"{% $states.result@$x.y %}\"", 1, 0),
            ("\"{% ${expression} %}\"", 0, 1),
            ("[${value}, \"${text}\", \"a ${text}\"]", 0, 2),
        ] {
            let text = format!("{{\"a\": {value}}}");
            let document = SourceDocument::parse(&text).unwrap();
            let rewritten = rewrite_result(&document, document.root().get("a").unwrap());
            let found = (rewritten.problems.len(), rewritten.hidden.len());
            assert_eq!(found, (problems, hidden), "{value}");
        }
    }
}
