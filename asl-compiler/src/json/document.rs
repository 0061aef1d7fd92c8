//! Reads a definition into a tree in which everything has its place.

use super::marker::{MarkerProblem, mask_markers};
use super::place::SourcePlace;
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions, ParseResult, parse_to_ast,
};
use std::collections::HashMap;
use std::ops::Range;

/// A definition that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub(crate) struct SourceError {
    /// The place of the problem.
    pub(crate) place: SourcePlace,
    /// The problem, in one sentence.
    pub(crate) problem: String,
    /// Advice on the text to write instead.
    pub(crate) help: String,
}

/// A definition as it stands in its file: JSON in which comments, and markers of Terraform in place
/// of values, are allowed.
#[derive(Debug)]
pub(crate) struct SourceDocument<'t> {
    text: &'t str,
    root: Node,
    /// The comments, in the order of the text.
    comments: Vec<Range<usize>>,
}

/// A value of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) kind: NodeKind,
}

/// The kind of a value, with the parts of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    /// A number as it is spelt.
    Number(String),
    /// A string, without its escapes.
    Text(String),
    /// `${…}` outside a string.
    Marker,
    List(Vec<Node>),
    Object(Vec<NodeMember>),
}

/// A member of an object. No two members of an object have the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeMember {
    pub(crate) key: String,
    /// The place of the key, with its quotes.
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node,
}

impl NodeMember {
    /// Returns the place of key and value.
    pub(crate) fn span(&self) -> Range<usize> {
        self.key_span.start..self.value.span.end
    }
}

impl Node {
    /// Returns the members of an object; none if the value is not an object.
    pub(crate) fn members(&self) -> &[NodeMember] {
        match &self.kind {
            NodeKind::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the items of a list; none if the value is not a list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the member with this key. `None` if the value is not an object or has no such member.
    pub(crate) fn member(&self, key: &str) -> Option<&NodeMember> {
        self.members().iter().find(|member| member.key == key)
    }

    /// Returns the value of the member with this key, like [`member`](Self::member).
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|member| &member.value)
    }

    /// Returns the text of a string. `None` if the value is not a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'t> SourceDocument<'t> {
    /// Reads a definition.
    ///
    /// # Errors
    /// Returns the first problem of a text that is not JSON with comments and markers.
    pub(crate) fn parse(text: &'t str) -> Result<Self, SourceError> {
        let error = |span: Range<usize>, problem: &str, help: &str| SourceError {
            place: SourcePlace::new(text, span),
            problem: problem.to_owned(),
            help: help.to_owned(),
        };
        let masked = mask_markers(text).map_err(|problem| match problem {
            MarkerProblem::Open(span) => error(
                span,
                "this `${` has no closing `}`",
                "close the marker: `${name}`",
            ),
            MarkerProblem::Directive(span) => error(
                span,
                "a template directive `%{ … }` cannot be read",
                "use a marker `${…}` in place of a value, or render the template first",
            ),
        })?;
        let collect = CollectOptions {
            comments: CommentCollectionStrategy::Separate,
            tokens: false,
        };
        let ParseResult {
            value, comments, ..
        } = parse_to_ast(&masked.text, &collect, &strict_options()).map_err(|problem| {
            let (what, help) = describe(problem.kind());
            error(problem.range().start..problem.range().end, what, help)
        })?;
        let Some(value) = value else {
            let help = "write a definition: an object with `StartAt` and `States`";
            return Err(error(text.len()..text.len(), "the text is empty", help));
        };
        let reader = TreeReader {
            text,
            markers: &masked.markers,
        };
        let root = reader.read(value)?;
        let comments = comments.into_iter().flat_map(HashMap::into_values);
        let mut comments: Vec<_> = comments
            .flat_map(|group| group.iter().map(comment_span).collect::<Vec<_>>())
            .collect();
        comments.sort_by_key(|span| span.start);
        comments.dedup();
        Ok(Self {
            text,
            root,
            comments,
        })
    }

    /// Returns the text that was read.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the text at a place.
    pub(crate) fn slice(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    pub(crate) fn place(&self, span: &Range<usize>) -> SourcePlace {
        SourcePlace::new(self.text, span.clone())
    }

    /// Returns the comments that lie in this range, in the order of the text.
    pub(crate) fn comments(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let within = move |span: &&Range<usize>| range.start <= span.start && span.end <= range.end;
        self.comments.iter().filter(within).cloned()
    }
}

fn comment_span(comment: &jsonc_parser::ast::Comment<'_>) -> Range<usize> {
    use jsonc_parser::common::Ranged;
    comment.start()..comment.end()
}

/// Strict JSON, except that comments are allowed.
fn strict_options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Returns what is wrong, and what to write instead.
fn describe(kind: &ParseErrorKind) -> (&'static str, &'static str) {
    use ParseErrorKind as Kind;
    match kind {
        Kind::TrailingCommasNotAllowed => (
            "JSON has no comma after the last value",
            "remove this comma",
        ),
        Kind::ExpectedComma => ("a comma is missing between two values", "write `,` here"),
        Kind::SingleQuotedStringsNotAllowed => (
            "JSON has no strings in single quotes",
            "write the string in double quotes",
        ),
        Kind::ExpectedStringObjectProperty => {
            ("the key is not in quotes", "write the key in double quotes")
        }
        Kind::ExpectedColonAfterObjectKey => (
            "a key must be followed by a colon and a value",
            "write `\"key\": value`",
        ),
        Kind::ExpectedObjectValue => ("the value of the key is missing", "write a value after `:`"),
        Kind::UnterminatedObject => ("this `{` has no closing `}`", "close the object with `}`"),
        Kind::UnterminatedArray => ("this `[` has no closing `]`", "close the list with `]`"),
        Kind::UnterminatedCommentBlock => {
            ("this comment does not end", "close the comment with `*/`")
        }
        Kind::MultipleRootJsonValues => (
            "the definition has already ended",
            "remove the rest of the text; a file holds one definition",
        ),
        Kind::NestingDepthExceeded => (
            "the values are nested too deeply",
            "nest fewer lists and objects",
        ),
        Kind::String(jsonc_parser::ParseStringErrorKind::UnterminatedStringLiteral) => (
            "this string does not end",
            "close the string with `\"`, and write a quote within it as `\\\"`",
        ),
        Kind::String(_) => (
            "this is not an escape of a JSON string",
            "write a backslash as `\\\\`, and a character by its code as `\\u00e9`",
        ),
        _ => (
            "this is not JSON",
            "write a JSON value (strings are in double quotes), or a marker `${…}` for a whole value",
        ),
    }
}

/// Turns the parser's tree into [`Node`]s.
struct TreeReader<'m> {
    text: &'m str,
    markers: &'m [Range<usize>],
}

impl TreeReader<'_> {
    fn error(&self, span: Range<usize>, problem: String, help: &str) -> SourceError {
        SourceError {
            place: SourcePlace::new(self.text, span),
            problem,
            help: help.to_owned(),
        }
    }

    fn is_marker(&self, span: &Range<usize>) -> bool {
        self.markers
            .binary_search_by_key(&span.start, |marker| marker.start)
            .is_ok()
    }

    fn read(&self, value: Value<'_>) -> Result<Node, SourceError> {
        use jsonc_parser::common::Ranged;
        let span = value.start()..value.end();
        let kind = match value {
            Value::NullKeyword(_) => NodeKind::Null,
            Value::BooleanLit(value) => NodeKind::Bool(value.value),
            Value::NumberLit(number) => NodeKind::Number(number.value.to_owned()),
            Value::StringLit(_) if self.is_marker(&span) => NodeKind::Marker,
            Value::StringLit(string) => {
                self.check_characters(&span)?;
                NodeKind::Text(string.value.into_owned())
            }
            Value::Array(list) => {
                let items = list.elements.into_iter().map(|item| self.read(item));
                NodeKind::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(object) => NodeKind::Object(self.members(object)?),
        };
        Ok(Node { span, kind })
    }

    fn members(&self, object: Object<'_>) -> Result<Vec<NodeMember>, SourceError> {
        use jsonc_parser::common::Ranged;
        let mut starts: HashMap<String, usize> = HashMap::new();
        let mut members = Vec::with_capacity(object.properties.len());
        for property in object.properties {
            let key_span = property.name.start()..property.name.end();
            if self.is_marker(&key_span) {
                let problem = "a marker cannot stand for a key".to_owned();
                let help = "write the marker in double quotes: `\"${name}\"`";
                return Err(self.error(key_span, problem, help));
            }
            self.check_characters(&key_span)?;
            let key = property.name.into_string();
            if let Some(first) = starts.insert(key.clone(), key_span.start) {
                let first = SourcePlace::new(self.text, first..first).line;
                let problem = format!("the key `{key}` is repeated; line {first} has it, too");
                return Err(self.error(key_span, problem, "remove one of the two"));
            }
            let value = self.read(property.value)?;
            members.push(NodeMember {
                key,
                key_span,
                value,
            });
        }
        Ok(members)
    }

    /// Checks that a string has no line breaks and other control characters.
    fn check_characters(&self, span: &Range<usize>) -> Result<(), SourceError> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        match text.find(|c: char| c < ' ') {
            None => Ok(()),
            Some(offset) => {
                let at = span.start + offset;
                let problem =
                    "a string cannot contain line breaks, tabs and other control characters";
                let help =
                    "write a line break as `\\n` and a tab as `\\t`; close the string with `\"`";
                Err(self.error(at..at + 1, problem.to_owned(), help))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let text = "{ // why\n  \"a\": [1, ${x}, \"\\u00e9\"], /* b */ \"b\": null }";
        let document = SourceDocument::parse(text).unwrap();
        let list = document.root().get("a").unwrap();
        let parts: Vec<_> = list
            .items()
            .iter()
            .map(|item| (document.slice(item.span.clone()), item.kind.clone()))
            .collect();
        assert_eq!(
            parts,
            [
                ("1", NodeKind::Number("1".into())),
                ("${x}", NodeKind::Marker),
                ("\"\\u00e9\"", NodeKind::Text("é".into())),
            ]
        );
        let comments: Vec<_> = document.comments(0..text.len()).collect();
        let comments: Vec<_> = comments.into_iter().map(|it| document.slice(it)).collect();
        assert_eq!(comments, ["// why", "/* b */"]);
        let member = document.root().member("b").unwrap();
        assert_eq!(document.slice(member.key_span.clone()), "\"b\"");
    }

    #[test]
    fn problems_have_a_place_and_help() {
        for (text, place, part) in [
            ("", "1:1", "empty"),
            ("{\"a\": 1,}", "1:8", "no comma after the last"),
            ("{\"a\": 1\n \"b\": 2}", "1:8", "comma is missing"),
            ("[1 2]", "1:3", "comma is missing"),
            ("{\"é\": 'a'}", "1:7", "single quotes"),
            ("{a: 1}", "1:2", "not in quotes"),
            ("{\"a\": yes}", "1:7", "not JSON"),
            ("{\"a\": 1, \n \"a\": 2}", "2:2", "repeated; line 1"),
            ("{\"a\": ${x}", "1:1", "no closing `}`"),
            ("{${k}: 1}", "1:2", "stand for a key"),
            ("[${a}${b}]", "1:6", "comma is missing"),
            ("[%{ for x in y }]", "1:2", "directive"),
            ("[01]", "1:3", "comma is missing"),
            ("[+1]", "1:2", "not JSON"),
            ("[\"a\nb\"]", "1:4", "line breaks"),
            ("[\"\\x\"]", "1:3", "not an escape"),
            ("{} {}", "1:4", "already ended"),
            ("[\"a]", "1:2", "does not end"),
            ("/* ", "1:1", "comment does not end"),
        ] {
            let error = SourceDocument::parse(text).unwrap_err();
            assert_eq!(error.place.to_string(), place, "{text}: {error}");
            assert!(error.problem.contains(part), "{text}: {error}");
            assert!(!error.help.is_empty());
        }
        let deep = "[".repeat(5_000);
        let error = SourceDocument::parse(&deep).unwrap_err();
        assert!(error.problem.contains("nested too deeply"), "{error}");
    }
}
