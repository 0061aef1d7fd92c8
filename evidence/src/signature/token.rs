//! Recognizers for the parts of texts that differ from failure to failure.
//!
//! Each takes the text from some place on and returns the length of what it recognizes there, up to
//! the end of the word. `None` if something else is there.

/// Returns the number of bytes at the start that satisfy the condition.
pub(super) fn count(text: &[u8], mut is_wanted: impl FnMut(u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_wanted(**byte)).count()
}

/// Returns whether a letter or a digit stands at this place.
fn continues(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

fn ends_at(text: &[u8], at: usize) -> Option<usize> {
    (!continues(text, at)).then_some(at)
}

fn digits(text: &[u8]) -> usize {
    count(text, |byte| byte.is_ascii_digit())
}

fn rest(text: &[u8], from: usize) -> &[u8] {
    text.get(from..).unwrap_or_default()
}

/// Recognizes groups of this many characters each, separated by hyphens.
fn groups(text: &[u8], lengths: &[usize], is_wanted: fn(&u8) -> bool) -> Option<usize> {
    let mut at = 0;
    for (index, length) in lengths.iter().enumerate() {
        if index > 0 {
            (text.get(at) == Some(&b'-')).then_some(())?;
            at += 1;
        }
        let group = text.get(at..at + length)?;
        group.iter().all(is_wanted).then_some(())?;
        at += length;
    }
    Some(at)
}

pub(super) fn uuid(text: &[u8]) -> Option<usize> {
    let end = groups(text, &[8, 4, 4, 4, 12], u8::is_ascii_hexdigit)?;
    ends_at(text, end)
}

/// Recognizes `2026-10-03`, with or without a time after it, and `04:05:06`.
pub(super) fn time(text: &[u8]) -> Option<usize> {
    let Some(date) = groups(text, &[4, 2, 2], u8::is_ascii_digit) else {
        return clock(text);
    };
    if !matches!(text.get(date), Some(b'T' | b't')) {
        return ends_at(text, date);
    }
    let is_time = |byte: u8| byte.is_ascii_digit() || b":.+-Zz".contains(&byte);
    let time = count(rest(text, date + 1), is_time);
    let end = date + 1 + time;
    // A full stop or a colon after the time does not belong to it.
    let written = text.get(..end).unwrap_or_default();
    let trailing = written.iter().rev();
    let trailing = trailing.take_while(|byte| b":.+-".contains(byte)).count();
    ends_at(text, end).map(|end| end - trailing)
}

/// Recognizes `04:05:06` and `04:05:06.789`.
fn clock(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut parts = 0;
    while digits(rest(text, at)) == 2 {
        at += 2;
        parts += 1;
        if text.get(at) != Some(&b':') || digits(rest(text, at + 1)) != 2 {
            break;
        }
        at += 1;
    }
    if parts == 3 && text.get(at) == Some(&b'.') {
        at += match digits(rest(text, at + 1)) {
            0 => 0,
            fraction => 1 + fraction,
        };
    }
    let is_clock = parts == 3 && text.get(at) != Some(&b':');
    ends_at(text, at).filter(|_| is_clock)
}

/// Recognizes an IPv4 address, and a port after it.
pub(super) fn ipv4(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for index in 0..4 {
        if index > 0 {
            (text.get(at) == Some(&b'.')).then_some(())?;
            at += 1;
        }
        let length = digits(rest(text, at));
        (1..=3).contains(&length).then_some(())?;
        at += length;
    }
    let is_longer = text.get(at) == Some(&b'.') && continues(text, at + 1);
    let end = ends_at(text, at).filter(|_| !is_longer)?;
    let port = match text.get(end) {
        Some(b':') => digits(rest(text, end + 1)),
        _ => 0,
    };
    let has_port = (1..=5).contains(&port) && !continues(text, end + 1 + port);
    Some(if has_port { end + 1 + port } else { end })
}

/// Recognizes an IPv6 address or a MAC address: groups of hexadecimal digits between colons.
pub(super) fn ipv6(text: &[u8]) -> Option<usize> {
    let end = count(text, |byte| byte.is_ascii_hexdigit() || byte == b':');
    let end = ends_at(text, end)?;
    let written = text.get(..end)?;
    // A colon at the end belongs to the sentence.
    let address = written.strip_suffix(b":").unwrap_or(written);
    let colons = address.iter().filter(|byte| **byte == b':').count();
    let is_short = address.windows(2).any(|pair| pair == b"::");
    let is_complete = !address.ends_with(b":") && address.iter().any(u8::is_ascii_digit);
    let has_groups = address.split(|byte| *byte == b':').all(|it| it.len() <= 4);
    let has_colons = (2..=7).contains(&colons) && (colons >= 5 || is_short);
    (has_colons && has_groups && is_complete).then_some(address.len())
}

/// Recognizes `sha256:` and other names of digests, with the digits after it.
pub(super) fn digest(text: &[u8]) -> Option<usize> {
    let names: [&[u8]; 4] = [b"sha256:", b"sha512:", b"sha1:", b"md5:"];
    let name = names.into_iter().find(|name| text.starts_with(name))?;
    let length = count(rest(text, name.len()), |byte| byte.is_ascii_hexdigit());
    ends_at(text, name.len() + length).filter(|_| length > 0)
}

/// Recognizes the name of an AWS region, such as `eu-west-1`.
pub(super) fn region(text: &[u8]) -> Option<usize> {
    let mut at = count(text, |byte| byte.is_ascii_lowercase());
    (at == 2).then_some(())?;
    for _ in 0..3 {
        (text.get(at) == Some(&b'-')).then_some(())?;
        at += 1;
        if text.get(at).is_some_and(u8::is_ascii_digit) {
            return ends_at(text, at + 1);
        }
        at += count(rest(text, at), |byte| byte.is_ascii_lowercase());
    }
    None
}

/// Recognizes a duration such as `3m0s`, `1.5s` and `100ms`.
pub(super) fn duration(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let whole = digits(rest(text, at));
        (whole > 0).then_some(())?;
        at += whole;
        let fraction = digits(rest(text, at + 1));
        if text.get(at) == Some(&b'.') && fraction > 0 {
            at += 1 + fraction;
        }
        let units: [&[u8]; 7] = [b"ms", b"us", b"ns", b"s", b"m", b"h", b"d"];
        let here = rest(text, at);
        let unit = units.into_iter().find(|unit| here.starts_with(unit))?;
        at += unit.len();
        if !continues(text, at) {
            return Some(at);
        }
    }
}

/// Recognizes digits, also with a fraction, as a version, or with commas between thousands.
pub(super) fn number(text: &[u8]) -> Option<usize> {
    let mut at = digits(text);
    (at > 0).then_some(())?;
    ends_at(text, at)?;
    let separator = match text.get(at) {
        Some(separator @ (b'.' | b',')) => *separator,
        _ => return Some(at),
    };
    while text.get(at) == Some(&separator) {
        let more = digits(rest(text, at + 1));
        let is_part = more > 0 && !continues(text, at + 1 + more);
        if !is_part || (separator == b',' && more != 3) {
            break;
        }
        at += 1 + more;
    }
    Some(at)
}
