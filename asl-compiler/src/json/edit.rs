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
