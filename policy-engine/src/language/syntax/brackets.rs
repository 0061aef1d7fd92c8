//! Brackets that are open at a place of a text.

/// The brackets that are open at the byte `end`, outermost first, each with its place. Brackets in
/// strings, comments and headers do not count.
pub(super) fn open(text: &str, end: usize) -> Vec<(usize, char)> {
    let mut open = Vec::new();
    let mut at = 0;
    while at < end {
        let rest = text.get(at..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { break };
        at += match c {
            '"' | '\'' => string_length(rest, c),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '[' if open.is_empty() && is_header(text, at) => rest.find('\n').unwrap_or(rest.len()),
            '[' | '{' => {
                open.push((at, c));
                1
            }
            ']' | '}' => {
                open.pop();
                1
            }
            _ => c.len_utf8(),
        };
    }
    open
}

/// Whether the bracket at this byte is the first character of its line.
fn is_header(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

/// The length of the string at the start of a text, up to the end of its line if it is not closed.
fn string_length(text: &str, quote: char) -> usize {
    let long = String::from(quote).repeat(3);
    if let Some(inner) = text.strip_prefix(&long) {
        return inner
            .find(&long)
            .map_or(text.len(), |end| end + 2 * long.len());
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_headers_have_no_brackets() {
        for (text, expected) in [
            ("a = [1, {", "[{"),
            ("a = [1]\nb = {", "{"),
            ("a = ']['\nb = \"\\\"[\" # [", ""),
            ("[[rule]]\na = [", "["),
            ("[rule\na = {", "{"),
            ("a = \"\"\"\n[\"\"\"\nb = [", "["),
            ("a = \"[\nb = [", "["),
            ("a = ['''x''', [", "[["),
            ("a = ['\\', [", "[["),
        ] {
            let found: String = open(text, text.len()).into_iter().map(|(_, c)| c).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
