//! Replaces the parts of a text that differ from failure to failure, in one pass.

use super::token;
use super::words::{
    is_http_phrase, is_id, is_image, is_word, longest_run_of_digits, masked_arn, trimmed,
};
use std::borrow::Cow;

/// Replaces the parts of a text that differ between failures of one kind by placeholders.
///
/// | placeholder | stands for |
/// |---|---|
/// | `<id>` | UUIDs, hexadecimal and other long identifiers, and numbers of 8 and more digits |
/// | `<n>` | other numbers, and versions |
/// | `<address>` | IP addresses, with their ports, and MAC addresses |
/// | `<time>` | dates, times and durations |
/// | `<digest>` | `sha256:…` |
/// | `<image>` | an image with its registry and its tag or digest |
/// | `<account>` | region and account of an ARN, whose resource becomes `<id>` |
///
/// Numbers stay where they say what went wrong: after `code`, `status`, `errno` and the like, in HTTP
/// statuses with their phrase, and in short codes such as `E429`. If the text was cut off (`...`)
/// within a part that differs, that part is removed. Everything else stays as it is.
///
/// Masking a masked text changes nothing. The result is at most three times as long as the text.
///
/// # Examples
///
/// ```
/// use exitwise_evidence::signature::mask;
///
/// assert_eq!(
///     mask("Host EC2 (instance i-0a1b2c3d4e5f60718) terminated."),
///     "Host EC2 (instance i-<id>) terminated."
/// );
/// assert_eq!(
///     mask("failed to copy 10.0.7.12:443/x: status code: 503, 3 attempts in 1m30s"),
///     "failed to copy <address>/x: status code: 503, <n> attempts in <time>"
/// );
/// ```
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        masked: String::new(),
        copied: 0,
        context: false,
    };
    scanner.scan();
    if scanner.copied == 0 {
        return Cow::Borrowed(text);
    }
    scanner.copy_up_to(text.len());
    Cow::Owned(without_cut_part(scanner.masked))
}

/// Words after which a number says what went wrong.
const CODE_WORDS: [&str; 14] = [
    "code",
    "errorcode",
    "statuscode",
    "exitcode",
    "status",
    "http",
    "https",
    "errno",
    "error",
    "exit",
    "signal",
    "sqlstate",
    "sqlcode",
    "hresult",
];

/// Longest number that is a code, in digits.
const MAX_CODE_DIGITS: usize = 5;

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    masked: String,
    /// End of the part of the text that is in `masked`. 0 until something is masked.
    copied: usize,
    /// Whether the last word was one of [`CODE_WORDS`], or a number after one.
    context: bool,
}

impl Scanner<'_> {
    /// Goes from word to word: characters that occur in identifiers, addresses and paths.
    fn scan(&mut self) {
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            if !is_word(*byte) {
                // `(` and the like may stand between a word and its number, and `<` never does.
                self.context &= matches!(byte, b' ' | b'(' | b'[' | b'=' | b'\'' | b'"' | b'#');
                at += 1;
                continue;
            }
            let rest = self.rest(at);
            let mut has_digit = false;
            let length = token::count(rest, |byte| {
                has_digit |= byte.is_ascii_digit();
                is_word(byte)
            });
            let end = at + length;
            self.word(at, end, has_digit);
            // A number with commas is longer than its word.
            at = end.max(self.copied);
        }
    }

    fn rest(&self, at: usize) -> &[u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    fn word(&mut self, start: usize, end: usize, has_digit: bool) {
        let word = self.bytes.get(start..end).unwrap_or_default();
        // Next to a placeholder, only a part of a word is left.
        let is_whole = self.byte_before(start) != Some(b'>') && self.bytes.get(end) != Some(&b'<');
        if is_whole && (has_digit || word.contains(&b'/') || word.starts_with(b"arn:")) {
            let length = trimmed(word);
            let word = word.get(..length).unwrap_or_default();
            let arn = self.text.get(start..start + length).and_then(masked_arn);
            let whole = arn.or_else(|| is_image(word).then(|| "<image>".to_owned()));
            if let Some(placeholder) = whole {
                self.put(start, start + length, &placeholder);
                self.context = false;
                return;
            }
        }
        if has_digit {
            self.parts(start, end);
        } else {
            self.set_context(start, end);
        }
    }

    /// Masks the parts of a word with digits.
    fn parts(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            let byte = self.bytes.get(at).copied().unwrap_or_default();
            if !byte.is_ascii_alphanumeric() && !self.rest(at).starts_with(b"::") {
                self.context &= byte == b':' || byte == b'/';
                at += 1;
                continue;
            }
            let rest = self.bytes.get(at..end).unwrap_or_default();
            // Next to a placeholder, a number is only a part of an address.
            let is_whole = self.bytes.get(end) != Some(&b'<');
            let recognized = recognized(byte, rest, is_whole);
            if let Some((length, placeholder)) = recognized {
                self.put(at, at + length, placeholder);
                self.context = false;
                at += length;
            } else if let Some(length) = token::region(rest) {
                self.context = false;
                at += length;
            } else if byte.is_ascii_alphanumeric() {
                at = self.atom(at, end);
            } else {
                at += 1;
            }
        }
    }

    /// Masks letters and digits without anything between them. Returns the end of what was read.
    fn atom(&mut self, start: usize, word_end: usize) -> usize {
        let rest = self.bytes.get(start..word_end).unwrap_or_default();
        let length = token::count(rest, |byte| byte.is_ascii_alphanumeric());
        let atom = rest.get(..length).unwrap_or_default();
        let end = start + length;
        let digits = atom.iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            self.set_context(start, end);
            return end;
        }
        if self.is_code(start, atom) {
            // The number of a code can have a fraction: `HTTP/1.1`.
            let number = token::number(rest).filter(|it| self.context && *it <= MAX_CODE_DIGITS);
            return start + number.unwrap_or(length);
        }
        self.context = false;
        if is_id(atom, digits) && !(digits == length && self.rest(end).starts_with(b" byte")) {
            self.put(start, end, "<id>");
            return end;
        }
        if let Some(length) = token::duration(rest) {
            self.put(start, start + length, "<time>");
            return start + length;
        }
        // A comma is not part of a word, but it is part of a number.
        let number = token::number(rest).and_then(|_| token::number(self.rest(start)));
        if let Some(length) = number {
            self.put(start, start + length, "<n>");
            return start + length;
        }
        let first = token::count(atom, |byte| byte.is_ascii_digit());
        let letters = length - digits;
        if first > 0 && first + letters == length && digits == first && is_suffix(atom, first) {
            self.put(start, start + first, "<n>");
        } else if first == 0 && is_suffix_of_digits(atom, letters) {
            let is_version = atom.len() > 1 && letters == 1 && matches!(atom, [b'v' | b'V', ..]);
            let version = self.bytes.get(start + 1..).and_then(token::number);
            if let (true, Some(version)) = (is_version, version.filter(|it| *it > digits)) {
                self.put(start + 1, start + 1 + version, "<n>");
                return start + 1 + version;
            }
            let is_short_code = letters <= 5
                && digits <= MAX_CODE_DIGITS
                && atom.iter().take(letters).all(u8::is_ascii_uppercase);
            if digits > 2 && !is_short_code {
                self.put(start + letters, end, "<n>");
            }
        } else if longest_run_of_digits(atom) >= 3 {
            self.put(start, end, "<id>");
        }
        end
    }

    /// Returns whether a part with digits says what went wrong.
    fn is_code(&self, start: usize, atom: &[u8]) -> bool {
        let is_number = atom.iter().all(u8::is_ascii_digit);
        let after = self.rest(start + atom.len());
        let before = self.bytes.get(..start).unwrap_or_default();
        let is_after = |text| before.ends_with(text);
        let is_windows_status = atom.len() == 10
            && atom.starts_with(b"0x")
            && atom.iter().skip(2).all(u8::is_ascii_hexdigit);
        (self.context && atom.len() <= MAX_CODE_DIGITS)
            || is_windows_status
            || (atom == b"64" && is_after(b"x86_"))
            || (is_number && atom.len() == 3 && is_http_phrase(atom, after))
            || (is_number && atom.len() == 5 && self.is_after_product(start))
    }

    /// Returns whether three capital letters and a hyphen come before, as in `ORA-00942`.
    fn is_after_product(&self, start: usize) -> bool {
        let before = start
            .checked_sub(4)
            .and_then(|it| self.bytes.get(it..start));
        let is_product = before.is_some_and(|it| match it {
            [letters @ .., b'-'] => letters.iter().all(u8::is_ascii_uppercase),
            _ => false,
        });
        let first = start.checked_sub(5).and_then(|it| self.bytes.get(it));
        is_product && !first.is_some_and(|it| is_word(*it) || *it == b'>')
    }

    /// Notes whether the letters, the end of a word, are one of the [`CODE_WORDS`].
    fn set_context(&mut self, start: usize, end: usize) {
        let word = self.bytes.get(start..end).unwrap_or_default();
        let length = trimmed(word);
        let tail = word.get(length..).unwrap_or_default();
        let word = word.get(..length).unwrap_or_default();
        let is_letter = |byte: &&u8| byte.is_ascii_alphabetic();
        let length = word.iter().rev().take_while(is_letter).count();
        let letters = word.get(word.len() - length..).unwrap_or_default();
        // Most words are none of them, which their first letter tells.
        if !matches!(
            letters,
            [b'c' | b'e' | b'h' | b's' | b'C' | b'E' | b'H' | b'S', ..]
        ) {
            self.context = false;
            return;
        }
        let is_part = letters.len() == word.len() && self.byte_before(start) == Some(b'>');
        let is_code_word = |it: &&str| it.as_bytes().eq_ignore_ascii_case(letters);
        // After `error:` comes a sentence, which may start with any number.
        let is_sentence = letters.eq_ignore_ascii_case(b"error") && !tail.is_empty();
        self.context = CODE_WORDS.iter().any(is_code_word)
            && !is_part
            && !is_sentence
            && tail.iter().all(|byte| *byte == b':');
    }

    fn byte_before(&self, at: usize) -> Option<u8> {
        self.bytes.get(at.checked_sub(1)?).copied()
    }

    fn put(&mut self, start: usize, end: usize, placeholder: &str) {
        self.copy_up_to(start);
        self.masked.push_str(placeholder);
        self.copied = end;
    }

    fn copy_up_to(&mut self, end: usize) {
        self.masked
            .push_str(self.text.get(self.copied..end).unwrap_or_default());
        self.copied = end;
    }
}

/// Recognizes what has a shape of its own at the start of a part. Returns its length and its
/// placeholder.
fn recognized(first: u8, rest: &[u8], is_whole: bool) -> Option<(usize, &'static str)> {
    let is_hex = first.is_ascii_hexdigit();
    let found = |length: Option<usize>, placeholder| Some((length?, placeholder));
    let number =
        || found(token::time(rest), "<time>").or_else(|| found(token::ipv4(rest), "<address>"));
    let named = || found(token::digest(rest), "<digest>");
    let id = is_hex.then(|| found(token::uuid(rest), "<id>")).flatten();
    id.or_else(|| first.is_ascii_digit().then(number).flatten())
        .or_else(|| matches!(first, b's' | b'm').then(named).flatten())
        .or_else(|| {
            let address = (is_whole && (is_hex || first == b':')).then(|| token::ipv6(rest));
            found(address.flatten(), "<address>")
        })
}

/// Returns whether only letters follow the first `first` characters.
fn is_suffix(atom: &[u8], first: usize) -> bool {
    atom.iter().skip(first).all(u8::is_ascii_alphabetic)
}

/// Returns whether the first `letters` characters are letters, and the others digits.
fn is_suffix_of_digits(atom: &[u8], letters: usize) -> bool {
    atom.iter().take(letters).all(u8::is_ascii_alphabetic)
}

/// Removes the last word of a text that ends in `...` if a part of that word was masked: the place
/// of the cut differs with the length of what was masked before it.
fn without_cut_part(mut masked: String) -> String {
    const CUT: &str = "...";
    let Some(text) = masked.strip_suffix(CUT) else {
        return masked;
    };
    let word = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let is_masked = text
        .get(word..)
        .is_some_and(|it| it.contains('<') && it.contains('>'));
    if is_masked {
        masked.truncate(word);
        masked.push_str(CUT);
    }
    masked
}
