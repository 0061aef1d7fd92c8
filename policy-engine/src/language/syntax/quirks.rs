//! Finds text that the crate `toml` accepts although it is not TOML.

use super::slip::Slip;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Numbers without digits or with letters, and line breaks around the `=` of an inline table.
pub(super) fn quirks(text: &str, table: &DeTable<'_>) -> Vec<Slip> {
    let mut found = Vec::new();
    in_table(text, table, &mut found);
    found
}

fn in_table(text: &str, table: &DeTable<'_>, found: &mut Vec<Slip>) {
    for (key, value) in table {
        let between = text
            .get(key.span().end..value.span().start)
            .unwrap_or_default();
        if between.contains('\n') && between.trim() == "=" {
            let help = "write key, `=` and value on one line";
            found.push(Slip::new(key.span(), "a line break beside the `=`", help));
        }
        in_value(text, value, found);
    }
}

fn in_value(text: &str, value: &Spanned<DeValue<'_>>, found: &mut Vec<Slip>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(text, table, found),
        DeValue::Array(list) => list.iter().for_each(|value| in_value(text, value, found)),
        DeValue::Integer(integer) => {
            let digits = integer.as_str().trim_start_matches(['+', '-']);
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(integer.radix())) {
                let help = "write a whole number, for example `4`";
                found.push(Slip::new(value.span(), "not a number", help));
            }
        }
        _ => {}
    }
}
