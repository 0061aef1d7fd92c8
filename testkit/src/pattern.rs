//! Generators of patterns, and of texts in which many of them are found.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Generates texts of the characters that occur in the generated patterns, so that many patterns
/// match.
pub fn texts() -> BoxedStrategy<Vec<String>> {
    vec("[a-cA-C0-2 ._()\\[\\]\\-\r\n\t]{0,24}|[ -~]{0,12}", 8).boxed()
}

/// Generates classes of any ranges between printable characters, and of named classes.
pub fn class_items() -> BoxedStrategy<String> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let ends = || "[ -,.-Z_-~]";
    let item = prop_oneof![
        3 => (ends(), ends()).prop_map(|(low, high)| format!("{low}-{high}")),
        1 => ends(),
        1 => (select(&NAMES[..]), any::<bool>())
            .prop_map(|(name, negated)| format!("[:{}{name}:]", if negated { "^" } else { "" })),
    ];
    (any::<bool>(), vec(item, 1..3))
        .prop_map(|(negated, items)| {
            format!("[{}{}]", if negated { "^" } else { "" }, items.concat())
        })
        .boxed()
}

/// Generates texts, most of which are valid patterns.
pub fn patterns() -> BoxedStrategy<String> {
    let atom = prop_oneof![
        6 => "[a-cA-C0-2 ]{1,5}",
        2 => select(vec![
            ".", "^", "$", r"\b", r"\B", r"\A", r"\z", r"\d", r"\S", r"\w", r"\.", r"\(", r"\x41", r"\u0062", r"\t", "é", "]", "}",
        ])
        .prop_map(str::to_owned),
        1 => class_items(),
        2 => select(vec![
            "[a-b]", "[^a-b1]", r"[^\s\S]", "[]a]", "[-a]", "[a-]", r"[\d_]", "[[:alpha:]]", "[^[:^digit:]x]", "[^]b]", "[--a]",
            r"[\x30-\x39]", r"[\x41]", "[a-c-]",
        ])
        .prop_map(str::to_owned),
    ];
    atom.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            vec(inner.clone(), 1..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            inner.clone().prop_map(|inner| format!("({inner})")),
            (
                inner,
                select(vec!["?", "*", "+", "{2}", "{0}", "{1,}", "{0,2}", "*+"])
            )
                .prop_map(|(inner, repetition)| format!("(?:{inner}){repetition}")),
        ]
    })
    .boxed()
}
