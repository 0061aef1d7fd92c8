//! Reads TOML that is written in the ordinary way, in one pass and without making anything but the tree.
//!
//! Whatever is out of the ordinary, right or wrong, is left to the TOML library: escapes, multi-line strings, keys in quotes
//! or with dots, dates, any mistake. A property test holds the two against each other.

use super::document::{Content, Document, ROOT, Value};
use std::ops::Range;

/// Deepest nesting of lists and tables that is ordinary.
const MAX_DEPTH: usize = 8;

/// Most members of a table that a new one is compared with.
const MAX_MEMBERS: usize = 64;

/// The tree of an ordinary document; nothing for any other text.
pub(super) fn read(text: &str) -> Option<Document<'_>> {
    let mut scanner = Scanner { document: Document::new(text), text, at: 0 };
    let mut table = ROOT;
    scanner.gap();
    while let Some(byte) = scanner.peek() {
        if byte == b'[' {
            table = scanner.header()?;
        } else {
            scanner.member(table, 0)?;
        }
        if !scanner.gap() && scanner.peek().is_some() {
            return None;
        }
    }
    Some(scanner.document)
}

struct Scanner<'i> {
    document: Document<'i>,
    text: &'i str,
    at: usize,
}

impl<'i> Scanner<'i> {
    fn rest(&self) -> &'i [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over this byte if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        let takes = self.peek() == Some(byte);
        self.at += usize::from(takes);
        takes
    }

    /// Passes over the bytes that are such, and gives their place.
    fn take_while(&mut self, such: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !such(*byte)).unwrap_or(rest.len());
        start..self.at
    }

    fn blanks(&mut self) {
        self.take_while(|byte| byte == b' ' || byte == b'\t');
    }

    /// Passes over blanks, comments and line breaks, and tells whether there was a line break.
    fn gap(&mut self) -> bool {
        let mut breaks = false;
        loop {
            self.blanks();
            if self.peek() == Some(b'#') {
                self.take_while(|byte| byte == b'\t' || is_text(byte));
            }
            self.at += match self.rest() {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => return breaks,
            };
            breaks = true;
        }
    }

    /// `[table]`, `[table.within]` or `[[list]]`; gives the table that follows.
    fn header(&mut self) -> Option<u32> {
        let start = self.at;
        self.at += 1;
        let of_list = self.takes(b'[');
        let mut parent = ROOT;
        let mut key = self.key()?;
        if self.takes(b'.') {
            parent = match self.document.table(ROOT).get(self.text.get(key.clone())?) {
                None => self.document.add(ROOT, key.clone(), key, Content::TABLE),
                Some(node) if node.is_open() && matches!(node.get_ref(), Value::Table(_)) => node.index(),
                Some(_) => return None,
            };
            key = self.key()?;
        }
        if !self.takes(b']') || (of_list && !self.takes(b']')) {
            return None;
        }
        let header = start..self.at;
        let parent = match (self.document.table(parent).get(self.text.get(key.clone())?), of_list) {
            (None, false) => return Some(self.document.add(parent, key, header, Content::TABLE)),
            (None, true) => self.document.add(parent, key, header.clone(), Content::LIST),
            (Some(node), true) if node.is_open() && matches!(node.get_ref(), Value::Array(_)) => node.index(),
            _ => return None,
        };
        Some(self.document.add(parent, 0..0, header, Content::TABLE))
    }

    /// A key without quotes.
    fn key(&mut self) -> Option<Range<usize>> {
        let key = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (!key.is_empty()).then_some(key)
    }

    /// `key = value`, the key a new one.
    fn member(&mut self, table: u32, depth: usize) -> Option<()> {
        let key = self.key()?;
        let name = self.text.get(key.clone())?;
        let known = self.document.table(table);
        if known.keys().enumerate().any(|(n, known)| n + 1 == MAX_MEMBERS || known.get_ref() == name) {
            return None;
        }
        self.blanks();
        if !self.takes(b'=') {
            return None;
        }
        self.blanks();
        self.value(table, key, depth)
    }

    fn value(&mut self, parent: u32, key: Range<usize>, depth: usize) -> Option<()> {
        let start = self.at;
        let content = match self.peek()? {
            quote @ (b'"' | b'\'') => self.string(quote)?,
            b'[' => Content::LIST,
            b'{' => Content::TABLE,
            _ => self.scalar()?,
        };
        let index = self.document.add(parent, key, start..self.at, content);
        if self.at == start {
            self.at += 1;
            self.members(index, content, depth)?;
            self.document.end(index, self.at);
        }
        Some(())
    }

    /// What a list or an inline table holds, and its end.
    fn members(&mut self, index: u32, content: Content, depth: usize) -> Option<()> {
        let is_list = content == Content::LIST;
        let close = if is_list { b']' } else { b'}' };
        if depth == MAX_DEPTH {
            return None;
        }
        loop {
            self.gap();
            if self.takes(close) {
                return Some(());
            }
            if is_list {
                self.value(index, 0..0, depth + 1)?;
            } else {
                self.member(index, depth + 1)?;
            }
            self.gap();
            if !self.takes(b',') {
                return self.takes(close).then_some(());
            }
        }
    }

    /// A string in one pair of quotes, without escapes.
    fn string(&mut self, quote: u8) -> Option<Content> {
        self.at += 1;
        self.take_while(|byte| byte != quote && is_text(byte) && (byte != b'\\' || quote == b'\''));
        self.takes(quote).then_some(Content::Text)
    }

    fn scalar(&mut self) -> Option<Content> {
        let word = self.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte));
        let word = self.text.get(word)?;
        let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let integer = |text: &str| digits(text) && (text.len() == 1 || !text.starts_with('0'));
        match (word, unsigned.split_once('.')) {
            ("true", _) => Some(Content::Boolean(true)),
            ("false", _) => Some(Content::Boolean(false)),
            (_, Some((whole, fraction))) => (integer(whole) && digits(fraction)).then_some(Content::Float),
            _ if integer(unsigned) => Some(Content::Integer),
            _ => word.strip_prefix("0x")?.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(Content::Integer),
        }
    }
}

/// Whether strings and comments may have this byte.
fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use toml::de::DeTable;

    /// Whether the text was read; if so, then as the library reads it.
    fn agrees(text: &str) -> Result<bool, TestCaseError> {
        let Some(document) = read(text) else { return Ok(false) };
        let (table, errors) = DeTable::parse_recoverable(text);
        prop_assert!(errors.is_empty(), "{errors:?}");
        prop_assert_eq!(document.to_string(), Document::of(text, table.get_ref()).to_string());
        Ok(true)
    }

    /// Lines of documents, mostly ordinary ones.
    fn lines() -> impl Strategy<Value = String> {
        let key = || prop::sample::select(vec!["a", "b", "c-1", "_", "7", "a.b", "\"a\"", "'b'", "", "é"]);
        let scalar = prop_oneof![
            prop::sample::select(vec![
                "1",
                "-7",
                "+0",
                "0x1F",
                "0xg",
                "0x",
                "-0x1",
                "0o7",
                "1_000",
                "007",
                "1.5",
                "1.",
                ".5",
                "01.5",
                "-0.0",
                "1e3",
                "inf",
                "true",
                "false",
                "truer",
                "1979-05-27",
                "07:32:00",
                "'",
                "\"",
                "''",
                "\"\"",
                "'''x'''",
                "\"\"\"x\"\"\"",
                "'a''",
                r"'\b[a]# '",
                r#""\n""#,
                r#""\""#,
                "\"a\tb\"",
                "'a\u{1}'",
                "'a\u{7f}'",
                "\"é # ] }\"",
                "99999999999999999999",
            ])
            .prop_map(str::to_owned),
            "[0-9a-fx+._-]{1,4}",
        ];
        let value = scalar.prop_recursive(3, 12, 3, move |inner| {
            let gap = || prop::sample::select(vec!["", "", " ", "\t", "\n", " # c\n", "\r\n", "#\u{1}\n"]);
            let pair =
                (key(), gap(), inner.clone()).prop_map(|(key, gap, value)| format!("{key} ={}{value}", gap.trim_end()));
            let end = || prop::sample::select(vec!["", "", ",", ",,"]);
            let elements = prop::collection::vec((gap(), inner, gap()), 0..3);
            let pairs = prop::collection::vec((gap(), pair, gap()), 0..3);
            let joined = |parts: Vec<(&str, String, &str)>, end: &str| {
                parts
                    .into_iter()
                    .map(|(before, part, after)| format!("{before}{part}{after}"))
                    .collect::<Vec<_>>()
                    .join(",")
                    + end
            };
            prop_oneof![
                (elements, end()).prop_map(move |(parts, end)| format!("[{}]", joined(parts, end))),
                (pairs, end()).prop_map(move |(parts, end)| format!("{{{}}}", joined(parts, end))),
            ]
        });
        prop_oneof![
            4 => (key(), value).prop_map(|(key, value)| format!("{key} = {value}")),
            3 => (prop::sample::select(vec!["[", "[[", "[ ", "[["]), key(), prop::sample::select(vec!["]", "]]", "]]"]))
                .prop_map(|(open, key, close)| format!("{open}{key}{close}")),
            1 => prop::sample::select(vec!["", " ", "# comment", "#\ttab", "# \u{1}", "x", "= 1", "a", "a =", "]", "[a] b = 1"])
                .prop_map(str::to_owned),
        ]
    }

    proptest! {
        #![proptest_config(testkit::cases(4_000))]

        #[test]
        fn what_is_read_is_what_the_library_reads(
            lines in prop::collection::vec((lines(), prop::sample::select(vec!["\n", "\n", "\n", "\r\n", " # c\n", "", "\r"])), 0..5),
        ) {
            agrees(&lines.iter().map(|(line, end)| format!("{line}{end}")).collect::<String>())?;
        }

        /// Each alone, as most are an error beside another one.
        #[test]
        fn one_line_is_read_as_the_library_reads_it(line in lines()) {
            agrees(&line)?;
        }

        #[test]
        fn so_is_any_text(text in "[\\[\\]{}=#,.'\"a-c0-9 \n\r\t\\\\é\u{7f}\u{0}_+-]{0,24}") {
            agrees(&text)?;
        }
    }

    proptest! {
        #[test]
        fn so_is_a_policy_with_a_piece_cut_out(at in 0..DEFAULT.len(), length in 0..80_usize) {
            let text: String = DEFAULT.bytes().enumerate().filter(|(n, _)| !(at..at + length).contains(n)).map(|(_, byte)| char::from(byte)).collect();
            agrees(&text)?;
        }
    }

    const DEFAULT: &str = include_str!("../../../policies/default.toml");

    #[test]
    fn policies_are_ordinary() {
        for text in [
            DEFAULT,
            include_str!("../../../policies/genomics.toml"),
            include_str!("../../../policies/original.toml"),
            &DEFAULT.replace('\n', "\r\n"),
        ] {
            assert!(agrees(text).unwrap());
        }
    }

    #[test]
    fn values_are_ordinary() {
        for value in
            ["'a'", "\"a\"", "-1", "0x1F", "-1.5", "true", "false", "[]", "[1, [2, ], # c\n ]", "{ a = {}, b = 1 }"]
        {
            assert!(agrees(&format!("a = {value}")).unwrap(), "{value}");
        }
    }

    #[test]
    fn what_is_rare_is_left_to_the_library() {
        let members: String = (0..=MAX_MEMBERS).map(|n| format!("k{n} = 1\n")).collect();
        assert!(agrees(members.trim_end_matches(&format!("k{MAX_MEMBERS} = 1\n"))).unwrap());
        for text in [
            &members,
            "a = 1\na = 2\n",
            "[a]\n[a]\n",
            "[a]\n[[a]]\n",
            "[[a]]\n[a]\n",
            "a = []\n[[a]]\n",
            "a = {}\n[a.b]\n",
            "[[a]]\n[a.b]\n",
            "a = 1 b = 2",
            "\u{feff}a = 1",
        ] {
            assert!(!agrees(text).unwrap(), "{text}");
        }
        assert!(agrees(&format!("a = {}1{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))).unwrap());
        assert!(!agrees(&format!("a = {}1{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1))).unwrap());
    }
}
