//! Markers of Terraform templates that stand for a whole value: `"Subnets": ${subnet_ids}`.

use std::ops::Range;

/// A definition whose markers outside strings have become strings of the same length, so that it is
/// JSON with the places of the original text.
#[derive(Debug)]
pub(super) struct MaskedText {
    pub(super) text: String,
    /// The markers, in the order of the text.
    pub(super) markers: Vec<Range<usize>>,
}

/// Something outside strings that only a template can have and that does not stand for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MarkerProblem {
    /// A marker without its closing brace.
    Open(Range<usize>),
    /// A directive such as `%{ if … }`.
    Directive(Range<usize>),
}

/// Returns the text with its markers masked.
pub(super) fn mask_markers(text: &str) -> Result<MaskedText, MarkerProblem> {
    let mut masked = Vec::with_capacity(text.len());
    let mut markers = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let at = text.len() - rest.len();
        let length = match (byte, after.first()) {
            (b'"', _) => string_length(rest),
            (b'/', Some(b'/')) => rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
            (b'/', Some(b'*')) => comment_length(rest),
            (b'%', Some(b'{')) => return Err(MarkerProblem::Directive(at..at + 2)),
            (b'$', Some(b'{')) => {
                let length = marker_length(rest).ok_or(MarkerProblem::Open(at..at + 2))?;
                markers.push(at..at + length);
                masked.push(b'"');
                masked.extend(std::iter::repeat_n(b'_', length - 2));
                masked.push(b'"');
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            _ => 1,
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        masked.extend_from_slice(part);
        rest = after;
    }
    // A byte order mark is not part of the JSON text.
    if text.starts_with('\u{feff}') {
        masked.splice(..3, [b' '; 3]);
    }
    let text = String::from_utf8(masked).unwrap_or_else(|_| text.to_owned());
    Ok(MaskedText { text, markers })
}

/// Returns the length of a string, with its quotes; of the whole text if it does not end.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (n, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return n + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of a comment in `/* */`; of the whole text if it does not end.
fn comment_length(text: &[u8]) -> usize {
    let mut pairs = text.windows(2).enumerate().skip(2);
    let end = pairs.find(|(_, pair)| pair == b"*/");
    end.map_or(text.len(), |(n, _)| n + 2)
}

/// Returns the length of a marker, with `${` and `}`. Braces within strings do not count. `None` if
/// the marker does not end.
fn marker_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut n = 0;
    while let Some(byte) = text.get(n) {
        match byte {
            b'"' => n += string_length(text.get(n..)?) - 1,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(n + 1),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        n += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_become_strings_of_the_same_length() {
        for (text, expected) in [
            ("[${a}]", "[\"__\"]"),
            (
                "[${jsonencode({a = \"}\"})}]",
                "[\"______________________\"]",
            ),
            (r#"["${a}", "\"${b}"]"#, r#"["${a}", "\"${b}"]"#),
            ("// ${a\n/* %{ */ 1", "// ${a\n/* %{ */ 1"),
            ("\u{feff}{}", "   {}"),
            ("${é}", "\"___\""),
        ] {
            assert_eq!(mask_markers(text).unwrap().text, expected);
        }
    }

    #[test]
    fn open_markers_and_directives_are_problems() {
        for (text, expected) in [
            ("[${a]", MarkerProblem::Open(1..3)),
            ("[%{ if x }1%{ endif }]", MarkerProblem::Directive(1..3)),
        ] {
            assert_eq!(mask_markers(text).unwrap_err(), expected);
        }
    }
}
