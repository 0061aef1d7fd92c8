//! Large numbers for people.

/// Returns a number with commas between thousands: `1,234,567`.
pub fn grouped(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        more => format!("{},{:03}", grouped(more), number % 1_000),
    }
}
