//! Large numbers for people.

pub use exitwise_evidence::grouped;

/// A large count with its noun, in the plural unless the count is 1: `1 failure`, `1,234 failures`.
pub fn counted(count: u64, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(count))
}

/// A number of bytes: `1.5 GB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.iter().find(|(unit, _)| number >= *unit);
    match unit {
        Some((unit, name)) => format!("{}.{} {name}", number / unit, number % unit * 10 / unit),
        None => format!("{number} bytes"),
    }
}

/// Whether a part of a whole is less than 0.1 %.
pub fn is_tiny(part: usize, whole: usize) -> bool {
    part.saturating_mul(1_000) < whole
}

/// A part of a whole as a percentage with one decimal, without its sign. `<0.1` if it is less, but
/// not nothing.
pub fn percentage_of(part: usize, whole: usize) -> String {
    if part > 0 && is_tiny(part, whole) {
        return "<0.1".into();
    }
    let per_mille = (part.saturating_mul(2_000) / whole.max(1)).div_ceil(2);
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

/// A part of a large whole as a percentage with its sign: `3.0 %`.
pub fn percent(part: u64, whole: u64) -> String {
    let [part, whole] = [part, whole].map(|it| usize::try_from(it).unwrap_or(usize::MAX));
    format!("{} %", percentage_of(part, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        for (number, expected) in [
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_990_000, "1.9 MB"),
            (2_050_000_000, "2.0 GB"),
        ] {
            assert_eq!(bytes(number), expected);
        }
        for (part, whole, expected) in [
            (0, 0, "0.0 %"),
            (0, 7, "0.0 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (1, 10_000, "<0.1 %"),
            (7, 7, "100.0 %"),
        ] {
            assert_eq!(percent(part, whole), expected);
        }
    }
    #[test]
    fn small_shares_are_told_from_none() {
        for (part, whole, expected) in [
            (0, 10_000, "0.0"),
            (1, 10_000, "<0.1"),
            (9, 10_000, "<0.1"),
            (10, 10_000, "0.1"),
            (14, 10_000, "0.1"),
            (15, 10_000, "0.2"),
            (10_000, 10_000, "100.0"),
        ] {
            assert_eq!(percentage_of(part, whole), expected, "{part}");
        }
    }
}
