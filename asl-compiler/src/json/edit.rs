//! Changes of a text that leave the rest of it byte for byte as it is.

use super::document::{Node, SourceDocument};
use super::fragment::Fragment;
use super::layout::{Layout, indentation_at};
use std::ops::Range;

/// Changes of one text, each at its own place.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Replaces the text at a place; an empty place is an insertion.
    pub(crate) fn replace(&mut self, span: Range<usize>, text: String) {
        self.0.push((span, text));
    }

    /// Replaces a value, printed with the indentation of the line on which the old one starts.
    pub(crate) fn replace_value(
        &mut self,
        document: &SourceDocument<'_>,
        node: &Node,
        value: &Fragment,
    ) {
        let layout = Layout::of(document);
        let indentation = indentation_at(document.text(), node.span.start);
        self.replace(node.span.clone(), value.print(&layout, indentation));
    }

    /// Adds a member to an object, after the last one.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing adds members yet"))]
    pub(crate) fn add_member(
        &mut self,
        document: &SourceDocument<'_>,
        object: &Node,
        key: &str,
        value: &Fragment,
    ) {
        let layout = Layout::of_value(document, object);
        let outer = indentation_at(document.text(), object.span.start);
        let inner = match object.members().first() {
            Some(member) if document.slice(object.span.clone()).contains('\n') => {
                indentation_at(document.text(), member.key_span.start).to_owned()
            }
            _ => format!("{outer}{}", layout.unit()),
        };
        let member = layout.member(key, &value.print(&layout, &inner));
        let is_one_line = !document.slice(object.span.clone()).contains('\n');
        let separator = match is_one_line {
            true => layout.item_separator().to_owned(),
            false => format!("{}{inner}", layout.newline()),
        };
        match object.members().last() {
            Some(last) if is_one_line => {
                let end = last.value.span.end;
                self.replace(end..end, format!("{separator}{member}"));
            }
            Some(last) => {
                let end = last.value.span.end;
                // Comments on the line of the last member belong to it.
                let comments = document.comments(end..object.span.end);
                let on_line = |it: &Range<usize>| !document.slice(end..it.start).contains('\n');
                let comment = comments.take_while(on_line).last();
                let comment = comment.map_or(end, |comment| {
                    let text = document.slice(comment.clone());
                    comment.start + text.trim_end().len()
                });
                self.replace(end..end, ",".to_owned());
                self.replace(comment..comment, format!("{separator}{member}"));
            }
            None => {
                let only = Fragment::Object(vec![(key.to_owned(), value.clone())]);
                self.replace(object.span.clone(), only.print(&layout, outer));
            }
        }
    }

    /// Returns the changed text. Of changes that overlap, the first one in the text counts.
    pub(crate) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let mut changed = String::with_capacity(text.len());
        let mut at = 0;
        for (span, new) in self.0 {
            if span.start >= at {
                changed.push_str(text.get(at..span.start).unwrap_or_default());
                changed.push_str(&new);
                at = span.end;
            }
        }
        changed.push_str(text.get(at..).unwrap_or_default());
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str) -> String {
        let document = SourceDocument::parse(text).unwrap();
        let mut edits = Edits::default();
        edits.add_member(&document, document.root(), "b", &Fragment::text("x"));
        edits.apply(text)
    }

    #[test]
    fn members_are_added_in_the_formatting_of_the_file() {
        for (text, expected) in [
            ("{}", "{\"b\": \"x\"}"),
            ("{\"a\":1}", "{\"a\":1,\"b\":\"x\"}"),
            ("{ \"a\": 1 }\n", "{ \"a\": 1, \"b\": \"x\" }\n"),
            (
                "{\n  \"a\": 1 // one\n}",
                "{\n  \"a\": 1, // one\n  \"b\": \"x\"\n}",
            ),
            (
                "{\r\n\t\"a\": 1\r\n}\r\n",
                "{\r\n\t\"a\": 1,\r\n\t\"b\": \"x\"\r\n}\r\n",
            ),
        ] {
            assert_eq!(add(text), expected);
        }
    }

    #[test]
    fn the_rest_of_the_text_stays_as_it_is() {
        let text = "{\"a\" : [ 1,2 ],\n\"b\":{\"c\":\t0}}";
        let document = SourceDocument::parse(text).unwrap();
        let mut edits = Edits::default();
        let [a, b] = ["a", "b"].map(|key| document.root().get(key).unwrap());
        edits.replace_value(&document, b.get("c").unwrap(), &Fragment::Bool(true));
        edits.replace(a.items()[0].span.clone(), "7".into());
        edits.replace(
            a.span.clone(),
            "dropped, as it starts earlier but ends later".into(),
        );
        let expected =
            "{\"a\" : dropped, as it starts earlier but ends later,\n\"b\":{\"c\":\ttrue}}";
        assert_eq!(edits.apply(text), expected);
    }
}
