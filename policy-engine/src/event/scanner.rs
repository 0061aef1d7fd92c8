//! JSON piece by piece: what stands where, without unescaping or converting anything that is not asked for.

use std::borrow::Cow;

/// Most objects and lists within each other.
pub(super) const MAX_DEPTH: usize = 32;

/// Longest number, in bytes; none so short is beyond 64 bits.
pub(super) const MAX_SCALAR_BYTES: usize = 18;

/// JSON that is being read; `NESTED` is JSON within a JSON text, with its quotes escaped.
pub(super) struct Scanner<'a, const NESTED: bool> {
    pub(super) json: &'a str,
    pub(super) at: usize,
    depth: usize,
}

/// What stands between two quotes.
pub(super) struct Quoted<'a> {
    inner: &'a [u8],
    pub(super) escaped: bool,
}

impl<'a, const NESTED: bool> Scanner<'a, NESTED> {
    /// Reads from there on.
    pub(super) fn new(json: &'a str, at: usize) -> Self {
        Self { json, at, depth: 0 }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.json.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if byte != b' ' && (NESTED || !matches!(byte, b'\n' | b'\r' | b'\t')) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Passes over a quote, if there is one.
    pub(super) fn opens(&mut self) -> bool {
        let opens = match self.peek() {
            Some(b'\\') if NESTED => self.rest().get(1) == Some(&b'"'),
            Some(b'"') => !NESTED,
            _ => false,
        };
        self.at += if opens { 1 + usize::from(NESTED) } else { 0 };
        opens
    }

    /// The rest of a text, after its first quote.
    pub(super) fn quoted(&mut self) -> Option<Quoted<'a>> {
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.rest());
            let length = match self.rest() {
                [b'"', ..] if !NESTED => break,
                [b'\\', b'"', ..] if NESTED => break,
                // What an escaped backslash escapes may be escaped itself.
                [b'\\', b'\\', b'\\', ..] if NESTED => 4,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
                _ => return None,
            };
            self.at += length;
            escaped = true;
        }
        let inner = self.json.as_bytes().get(start..self.at)?;
        self.at += 1 + usize::from(NESTED);
        Some(Quoted { inner, escaped })
    }

    /// What a text says; nothing for one that says nothing in Unicode.
    pub(super) fn says(&self, Quoted { inner, escaped }: Quoted<'a>) -> Option<Cow<'a, str>> {
        let inner = str::from_utf8(inner).ok()?;
        if !escaped {
            return Some(Cow::Borrowed(inner));
        }
        let unescaped = |inner: &str| serde_json::from_str::<String>(&["\"", inner, "\""].concat()).ok();
        let once = unescaped(inner)?;
        Some(Cow::Owned(if NESTED { unescaped(&once)? } else { once }))
    }

    /// A word, or an integer that is not too long; what follows it shows whether that was all.
    pub(super) fn scalar(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with(b"-"));
        let length = match rest.get(sign..)? {
            [b'0', ..] => sign + 1,
            digits @ [b'1'..=b'9', ..] => sign + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => ["null", "true", "false"].into_iter().find(|word| rest.starts_with(word.as_bytes()))?.len(),
        };
        let start = self.at;
        self.at += length;
        self.json.get(start..self.at).filter(|_| length <= MAX_SCALAR_BYTES)
    }

    pub(super) fn list(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.between(b'[', b']', &mut element)
    }

    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.between(b'{', b'}', &mut |json| {
            let key = if json.opens() { json.quoted()? } else { return None };
            if key.escaped || json.peek() != Some(b':') {
                return None;
            }
            json.at += 1;
            member(json, key.inner)
        })
    }

    /// Things with commas between them.
    fn between(&mut self, open: u8, close: u8, each: &mut impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.depth += 1;
        if self.peek() != Some(open) || self.depth > MAX_DEPTH {
            return None;
        }
        self.at += 1;
        if self.peek() != Some(close) {
            loop {
                each(self)?;
                match self.peek()? {
                    byte if byte == close => break,
                    b',' => self.at += 1,
                    _ => return None,
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Some(())
    }
}

/// How many bytes come before the next quote, backslash or control character.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // Subtracting a limit from each of eight bytes sets the high bits of those below it; the first one is exact, and
    // only that one counts. With the bit 2 flipped, quotes are below 0x21 as control characters are, and a space is not.
    let special = |word: u64| {
        let quote_or_control = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
        let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
        (quote_or_control | backslash) & !word & HIGHS
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return 8 * n + usize::try_from(special.trailing_zeros() / 8).unwrap_or_default();
        }
    }
    let rest = rest.iter().take_while(|byte| **byte >= b' ' && **byte != b'"' && **byte != b'\\').count();
    8 * words.len() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_are_counted_to_the_first_special_one() {
        for special in ['"', '\\', '\u{0}', '\n', '\u{1f}'] {
            for before in 0..20 {
                let text = format!(
                    "{}{special}{special}é~\u{7f} {special}",
                    "é !#[]~\u{7f}".chars().cycle().take(before).collect::<String>()
                );
                assert_eq!(Some(plain(text.as_bytes())), text.find(special), "{text:?}");
            }
        }
        assert_eq!(plain("é\u{7f} ~".repeat(5).as_bytes()), 25);
    }
}
