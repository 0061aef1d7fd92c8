//! The names that a policy defines and uses: of rules, backoffs and exit codes.

use crate::outline::{Node, Outline, Shape, Value};
use exitwise_engine::language::ValueSpec;
use exitwise_engine::policy::DEFAULT_RULE;
use std::ops::Range;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Rule,
    Backoff,
    ExitCode,
}

/// A place with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) thing: Thing,
    pub(crate) name: String,
    /// The place of the name itself, without quotes.
    pub(crate) span: Range<usize>,
    /// Whether the name gets its meaning here.
    pub(crate) defines: bool,
    /// The value that is, or whose key is, the name.
    pub(crate) node: usize,
}

/// The prefixes of errors that end in the name of a rule.
///
/// Source: docs/policy-reference.md, the errors of executions.
pub(crate) const ERRORS_OF_RULES: [&str; 2] = ["RetriesExhausted.", "Fatal."];

/// Finds all names of a policy text, in the order of the text.
pub(crate) fn names(outline: &Outline, text: &str) -> Vec<Named> {
    outline
        .nodes()
        .flat_map(|(index, node)| {
            let key = defined_by_key(outline, node).map(|thing| (thing, node.key.as_ref(), true));
            let value = used_by_value(node).map(|(thing, defines)| (thing, node, defines));
            let key = key.and_then(|(thing, key, defines)| {
                let (name, span) = key?;
                Some(named(thing, name, inner(text, span), defines, index))
            });
            let value = value.and_then(|(thing, node, defines)| {
                let (name, span) = (node.text()?, inner(text, &node.span));
                Some(named(thing, name, span, defines, index))
            });
            let error = rule_of_error(node, text)
                .map(|(name, span)| named(Thing::Rule, name, span, false, index));
            [key, value, error].into_iter().flatten()
        })
        .collect()
}

fn named(thing: Thing, name: &str, span: Range<usize>, defines: bool, node: usize) -> Named {
    let name = name.to_owned();
    Named {
        thing,
        name,
        span,
        defines,
        node,
    }
}

/// What the key of a node defines, if it is a name.
fn defined_by_key(outline: &Outline, node: &Node) -> Option<Thing> {
    if node.is("policy", DEFAULT_RULE) {
        return Some(Thing::Rule);
    }
    node.key.as_ref()?;
    let parent = outline.get(node.parent?)?;
    match parent.shape {
        Shape::Named(_) => Some(Thing::Backoff),
        Shape::Codes(ValueSpec::OtherExitCodes) => Some(Thing::ExitCode),
        _ => None,
    }
}

/// What the value of a node is the name of, and whether it is defined there.
fn used_by_value(node: &Node) -> Option<(Thing, bool)> {
    if node.is("rule", "name") {
        return Some((Thing::Rule, true));
    }
    if node.is("expectation", "rule") {
        return Some((Thing::Rule, false));
    }
    let Shape::Value(value) = node.shape else {
        return None;
    };
    let is_name = |text: &str| {
        text != "absent" && !text.starts_with(|c: char| c.is_ascii_digit() || "+- ".contains(c))
    };
    match (value, &node.value) {
        (ValueSpec::Backoff, Value::Text(_)) => Some((Thing::Backoff, false)),
        (
            ValueSpec::ExitCodes
            | ValueSpec::OtherExitCodes
            | ValueSpec::ExitCode
            | ValueSpec::Failures,
            Value::Text(text),
        ) if is_name(text) => Some((Thing::ExitCode, false)),
        _ => None,
    }
}

/// The rule whose error a test expects, with the place of its name.
fn rule_of_error<'n>(node: &'n Node, text: &str) -> Option<(&'n str, Range<usize>)> {
    let error = node.text().filter(|_| node.is("expectation", "error"))?;
    let mut prefixes = ERRORS_OF_RULES.iter();
    let name = prefixes.find_map(|prefix| error.strip_prefix(prefix))?;
    let end = inner(text, &node.span).end;
    let span = end.checked_sub(name.len())?..end;
    (text.get(span.clone()) == Some(name)).then_some((name, span))
}

/// The place of a string or a key without its quotes.
pub(crate) fn inner(text: &str, span: &Range<usize>) -> Range<usize> {
    let written = text.get(span.clone()).unwrap_or_default();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote = quotes.iter().find(|quote| {
        written.len() >= 2 * quote.len()
            && written.starts_with(**quote)
            && written.ends_with(**quote)
    });
    let length = quote.map_or(0, |quote| quote.len());
    span.start + length..span.end - length
}

/// The name at this offset.
pub(crate) fn name_at(names: &[Named], offset: usize) -> Option<&Named> {
    let touches = |it: &&Named| it.span.start <= offset && offset <= it.span.end;
    names.iter().find(touches)
}

/// All places with the same name for the same thing.
pub(crate) fn same<'n>(names: &'n [Named], name: &'n Named) -> impl Iterator<Item = &'n Named> {
    let is_same = |it: &&Named| it.thing == name.thing && it.name == name.name;
    names.iter().filter(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_defined_and_used() {
        let text = "[exit_codes]\nNet = 4\n\"In\" = [1, 2]\n[backoff.b]\nconstant = '1s'\n\
            [[rule]]\nname = 'r'\nbackoff = \"b\"\nwhen = { exit_code = ['Net', '1..=2', 7, 'absent'] }\n\
            [default]\nbackoff = 'b'\n[[test]]\n\
            failures = ['Net', { exit_code = 'In' }, { containers = { app = 'Net' } }]\n\
            expect = [{ rule = 'r' }, { error = 'Fatal.r' }, { rule = 'default' }]\n";
        let found = names(&Outline::of(text), text);
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                let mark = if it.defines { "=" } else { "" };
                assert_eq!(text.get(it.span.clone()), Some(it.name.as_str()));
                format!("{:?} {}{mark}", it.thing, it.name)
            })
            .collect();
        assert_eq!(
            found,
            [
                "ExitCode Net=",
                "ExitCode In=",
                "Backoff b=",
                "Rule r=",
                "Backoff b",
                "ExitCode Net",
                "Rule default=",
                "Backoff b",
                "ExitCode Net",
                "ExitCode In",
                "ExitCode Net",
                "Rule r",
                "Rule r",
                "Rule default",
            ]
        );
    }
}
