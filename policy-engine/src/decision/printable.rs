//! Names from outside that may be printed.

/// Maximum length of a name that is printed, in characters.
///
/// Source: Step Functions API Reference, `error` of a failed execution.
const MAX_NAME_CHARS: usize = 256;

/// Returns whether a text from outside may be printed as a name: it consists of 1 to 256 ASCII
/// letters, digits, `.`, `-` and `_`.
pub(super) fn is_printable_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=MAX_NAME_CHARS).contains(&text.len()) && text.bytes().all(is_allowed)
}
