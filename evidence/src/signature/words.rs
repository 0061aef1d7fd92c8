//! Tells what a word is, as a whole.

use super::token;

/// Shortest identifier, in characters.
const MIN_ID: usize = 8;

/// Returns whether a byte occurs in words: identifiers, addresses, paths.
pub(super) fn is_word(byte: u8) -> bool {
    let is_inner = matches!(byte, b'-'..=b'/' | b':' | b'_' | b'@' | b'+' | b'%' | b'~');
    byte.is_ascii_alphanumeric() || is_inner
}

/// Returns the length of a word without the punctuation at its end.
pub(super) fn trimmed(word: &[u8]) -> usize {
    let trailing = word.iter().rev();
    let trailing = trailing.take_while(|byte| b".:-/".contains(byte)).count();
    word.len() - trailing
}

/// Returns an ARN without region, account and resource. `None` if the word is not an ARN, or if it
/// has no resource.
pub(super) fn masked_arn(word: &str) -> Option<String> {
    let mut parts = word.strip_prefix("arn:")?.splitn(5, ':');
    let [partition, service, region, account, resource] =
        std::array::from_fn(|_| parts.next().unwrap_or_default());
    let is_name = |it: &str| {
        it.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let is_service = is_name(service) || matches!(service, "s3" | "ec2");
    // The ARNs of Step Functions' integrations name an action, not a resource.
    let is_action = service == "states" && region.is_empty();
    if resource.is_empty() || !is_name(partition) || !is_service || is_action {
        return None;
    }
    let separator = resource.find(['/', ':']);
    let kind = separator.and_then(|at| resource.get(..=at));
    let kind = kind.filter(|kind| !kind.bytes().any(|byte| byte.is_ascii_digit()));
    let is_global = region.is_empty() && account.is_empty();
    let place = if is_global { ":" } else { "<account>" };
    let kind = kind.unwrap_or_default();
    Some(format!("arn:{partition}:{service}:{place}:{kind}<id>"))
}

/// Returns whether a word is an image with its registry and its tag or digest.
pub(super) fn is_image(word: &[u8]) -> bool {
    let mut components = word.split(|byte| *byte == b'/');
    let registry = components.next().unwrap_or_default();
    let Some(name) = components.next_back().filter(|it| !it.is_empty()) else {
        return false;
    };
    let is_registry = registry.first().is_some_and(u8::is_ascii_alphanumeric)
        && registry.contains(&b'.')
        && !registry.ends_with(b":");
    let separator = name.iter().position(|byte| b":@".contains(byte));
    // `github.com/acme/app/main.go:42` is a place in a program.
    let is_name = |length| length > 0 && !name.iter().take(length).any(|byte| *byte == b'.');
    let is_ecr = registry.windows(9).any(|it| it == b".dkr.ecr.");
    is_registry && (is_ecr || separator.is_some_and(is_name))
}

/// Returns whether letters and digits look like an identifier.
pub(super) fn is_id(atom: &[u8], digits: usize) -> bool {
    let is_hex = atom.iter().all(u8::is_ascii_hexdigit);
    let is_lower_hex = is_hex && !atom.iter().any(u8::is_ascii_uppercase);
    let has_letter = digits < atom.len();
    let starts_with_digit = atom.first().is_some_and(u8::is_ascii_digit);
    let is_long_hex = is_hex && atom.len() >= MIN_ID;
    let is_short_hex = is_lower_hex && has_letter && atom.len() >= 6;
    let is_shorter_hex = is_lower_hex && starts_with_digit && has_letter && atom.len() >= 4;
    let is_other = atom.len() >= 12 && digits >= 3;
    let is_pointer = atom.starts_with(b"0x") && atom.len() > 4;
    is_long_hex || is_short_hex || is_shorter_hex || is_other || is_pointer
}

/// Returns the length of the longest sequence of digits.
pub(super) fn longest_run_of_digits(atom: &[u8]) -> usize {
    let runs = atom.split(|byte| !byte.is_ascii_digit());
    runs.map(<[u8]>::len).max().unwrap_or_default()
}

/// Returns whether a number is an HTTP status with its phrase, as in `503 Slow Down`.
pub(super) fn is_http_phrase(number: &[u8], after: &[u8]) -> bool {
    let Some(phrase) = after.strip_prefix(b" ") else {
        return false;
    };
    let length = token::count(phrase, |byte| byte.is_ascii_alphabetic());
    let is_capital = matches!(phrase, [b'A'..=b'Z', b'a'..=b'z', ..]);
    let ends = matches!(
        phrase.get(length),
        None | Some(b' ' | b')' | b'"' | b',' | b';')
    );
    matches!(number, [b'4' | b'5', ..]) && is_capital && ends
}
