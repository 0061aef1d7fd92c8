//! Quotes texts from a policy or a failure in messages.

/// Maximum length of a text from the policy that a message quotes, in characters.
const MAX_QUOTED_CHARS: usize = 60;

/// Returns a text from the policy in backticks, without line breaks, cut to 60 characters. `…`
/// marks a cut.
pub(crate) fn quoted(text: &str) -> String {
    quoted_head(text, MAX_QUOTED_CHARS)
}

/// Returns the first `max_chars` characters of a text in backticks, without line breaks. `…` marks
/// a cut.
pub(crate) fn quoted_head(text: &str, max_chars: usize) -> String {
    let mut shown = String::new();
    for c in text.chars().take(max_chars) {
        match c {
            // Within backticks, these characters need no escape.
            '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(max_chars).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Returns the words, each in backticks, separated by commas.
pub(crate) fn list_quoted<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// Returns a count with its noun, in the plural unless the count is 1: `1 test`, `2 tests`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_on_one_line() {
        let (long, longer) = ("x".repeat(60), "x".repeat(61));
        for (text, expected) in [
            ("", "``"),
            ("a b~", "`a b~`"),
            (r#"\bé "it's""#, r#"`\bé "it's"`"#),
            (r"\d", r"`\d`"),
            ("a\nb", r"`a\nb`"),
            ("\u{7f}", r"`\u{7f}`"),
            (&long, &format!("`{long}`")),
            (&longer, &format!("`{long}…`")),
            (&format!("é{long}"), &format!("`é{}…`", "x".repeat(59))),
            (
                &format!("é{}", "x".repeat(59)),
                &format!("`é{}`", "x".repeat(59)),
            ),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
