//! Texts with placeholders.

use super::values::{Placeholder, Values};

/// A text with placeholders such as `{uuid}`.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone, Copy)]
enum Part {
    Fixed(&'static str),
    Varying(Placeholder),
}

impl Template {
    /// # Panics
    ///
    /// If the text has an unknown placeholder. Each text is written in the table of kinds.
    #[expect(clippy::panic, reason = "a mistake in the table of kinds")]
    pub(super) fn parse(text: &'static str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((fixed, (name, after))) = rest
            .split_once('{')
            .and_then(|(fixed, from)| Some((fixed, from.split_once('}')?)))
        {
            let Some(placeholder) = Placeholder::named(name) else {
                panic!("`{{{name}}}` is not a placeholder");
            };
            parts.extend([Part::Fixed(fixed), Part::Varying(placeholder)]);
            rest = after;
        }
        parts.push(Part::Fixed(rest));
        Self(parts)
    }

    pub(super) fn fixed_texts(&self) -> Vec<&'static str> {
        let texts = self.0.iter().filter_map(|part| match part {
            Part::Fixed(text) => Some(*text),
            Part::Varying(_) => None,
        });
        texts.filter(|text| !text.is_empty()).collect()
    }

    pub(super) fn fill(&self, values: &mut Values<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Fixed(fixed) => text.push_str(fixed),
                Part::Varying(placeholder) => values.push(*placeholder, &mut text),
            }
        }
        text
    }
}
