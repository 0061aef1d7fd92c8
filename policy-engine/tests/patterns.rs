//! Patterns: the texts that they match, the syntax that is rejected, and agreement with the crates
//! `regex` and `regex-lite`.

use exitwise_engine::failure::Text;
use exitwise_engine::policy::Pattern;
use proptest::prelude::*;
use testkit::pattern::{class_items, patterns, texts};

#[test]
fn patterns_ignore_case_and_match_anywhere_in_a_text() {
    let found = |pattern, text| Pattern::parse(pattern).unwrap().is_in(&Text::project(text));
    assert!(found(
        "toomanyrequests|rate limit",
        "Error: TooManyRequests: slow down"
    ));
    assert!(found("can.t pull", "The task can’t pull"));
    assert!(found("not found$", "x: not found\r\n"));
    assert!(!found("^pull", "cannot pull"));
    assert!(found(r"\bHost \([^)]+\) \w+\.", "a host (i-1) gone."));
}

#[test]
fn find_returns_the_matching_part_of_a_text() {
    let found = |pattern, text| {
        Pattern::parse(pattern)
            .unwrap()
            .find(&Text::project(text))
            .map(str::to_owned)
    };
    assert_eq!(
        found("rate (limit|exceeded)", "the Rate Limit").as_deref(),
        Some("Rate Limit")
    );
    assert_eq!(found("rate (limit|exceeded)", "the rate"), None);
    assert!(
        Text::project("é") == Text::project("日本") && Text::project("a") != Text::project("A")
    );
}

#[test]
fn invalid_and_unsupported_syntax_is_refused() {
    for (pattern, span, label) in [
        ("", 0..0, "an empty pattern"),
        ("a(b", 1..2, "an unclosed group"),
        ("a)b", 1..2, "no group to close"),
        ("[a", 0..1, "an unclosed class"),
        ("*a", 0..1, "nothing to repeat"),
        ("a{,3}", 1..2, "not a repetition"),
        ("a{3,2}", 1..6, "from more to fewer"),
        ("[z-a]", 1..4, "not a range"),
        (r"[a-\d]", 1..5, "not a range"),
        (r"[\x41-F]", 1..7, "an escaped letter in a range"),
        (
            "[0-f]",
            1..4,
            "a range from upper-case into lower-case letters",
        ),
        (
            "[^Z-r ]",
            2..5,
            "a range from upper-case into lower-case letters",
        ),
        (
            "[Y-b]",
            1..4,
            "a range from upper-case into lower-case letters",
        ),
        (
            "[!-y]",
            1..4,
            "a range from upper-case into lower-case letters",
        ),
        ("x[[:^lower:]]", 2..12, "a negated class of one case"),
        (
            "x[ -`[:xdigit:]]",
            1..16,
            "characters from upper-case into lower-case letters",
        ),
        (
            "[A-\\]^-f]",
            0..9,
            "characters from upper-case into lower-case letters",
        ),
        (
            "[A-_`a-f]",
            0..9,
            "characters from upper-case into lower-case letters",
        ),
        (
            "[A-_[:punct:]a-f]",
            0..17,
            "characters from upper-case into lower-case letters",
        ),
        ("[^[:^upper:]]", 2..12, "a negated class of one case"),
        ("[a-z&&b]", 4..6, "an operation on classes"),
        ("[a[bc]]", 2..3, "a class within a class"),
        ("[é]", 1..3, "not ASCII"),
        (r"a\", 1..2, "nothing after the backslash"),
        (r"\e", 0..2, "not an escape"),
        (r"\u00e9", 0..2, "not an ASCII character"),
        ("x(?i)a", 1..5, "inline flags"),
        ("(?i:a)", 0..6, "inline flags"),
        ("(?P<name>a)", 0..9, "a named group"),
        ("(?<name>a)", 0..8, "a named group"),
        ("a+?", 1..3, "a lazy quantifier"),
        (r"\p{Greek}+", 0..9, "a Unicode class"),
        (r"[\pL]", 1..4, "a Unicode class"),
        (r"\1", 0..2, "a backreference"),
        ("a(?=b)", 1..6, "a look-around"),
        ("x(?!a)", 1..6, "a look-around"),
        ("x(?<=a)", 1..7, "a look-around"),
        ("x(?<!a)", 1..7, "a look-around"),
        ("a{}", 1..2, "not a repetition"),
        ("a{x}", 1..2, "not a repetition"),
        ("a{+5}", 1..2, "not a repetition"),
        (r"x\b{start}", 1..3, "not an escape"),
        (r"[\b]", 1..3, "not an escape"),
        ("x[[y]]", 2..3, "a class within a class"),
        ("x[[:letter:]]", 2..3, "a class within a class"),
        (
            "a{4096}b",
            0..8,
            "more than 4096 positions with repetitions written out",
        ),
        (
            "xa{4097}",
            1..8,
            "more than 4096 positions with repetitions written out",
        ),
        (
            "xa{99999999999999999999}",
            1..24,
            "more than 4096 positions with repetitions written out",
        ),
        (
            "(a{1000}){1000}",
            0..15,
            "more than 4096 positions with repetitions written out",
        ),
    ] {
        let error = Pattern::parse(pattern).expect_err(pattern);
        assert_eq!(
            (error.span, error.label.as_str()),
            (span, label),
            "{pattern}"
        );
    }
    assert!(Pattern::parse(&"a".repeat(512)).is_ok() && Pattern::parse(&"a".repeat(513)).is_err());
    assert!(Pattern::parse(r"(?:a|b)(c)?\d{2,3}[[:alpha:]]").is_ok());
    for pattern in [
        "[A-z]",
        "[0-z]",
        "[!-~]",
        "[0-Z]",
        "[[:^alpha:]]",
        "[[:lower:]]",
        "[A-Za-f]",
        "[a-]",
    ] {
        assert!(Pattern::parse(pattern).is_ok(), "{pattern}");
    }
}

/// Compiles a pattern with the crate `regex`, which defines the meaning of patterns.
fn reference(source: &str) -> Result<regex::bytes::Regex, regex::Error> {
    let mut builder = regex::bytes::RegexBuilder::new(source);
    builder
        .case_insensitive(true)
        .unicode(false)
        .nest_limit(2_000)
        .size_limit(usize::MAX)
        .build()
}

/// If the pattern is accepted, checks that it matches the same texts as the reference, and that
/// `regex-lite` accepts it.
fn check_agreement(source: &str, texts: &[String]) -> Result<(), TestCaseError> {
    let Ok(pattern) = Pattern::parse(source) else {
        return Ok(());
    };
    let reference = reference(source).map_err(|error| TestCaseError::fail(error.to_string()))?;
    for text in texts {
        let text = Text::project(text.as_str());
        prop_assert_eq!(
            pattern.is_in(&text),
            reference.is_match(text.as_str().as_bytes()),
            "{:?}",
            text
        );
    }
    let mut lite = regex_lite::RegexBuilder::new(source);
    let lite = lite
        .case_insensitive(true)
        .nest_limit(2_000)
        .size_limit(usize::MAX);
    prop_assert!(
        lite.build().is_ok(),
        "regex-lite refuses an accepted pattern"
    );
    Ok(())
}

proptest! {
    #[test]
    fn classes_agree_with_the_reference(source in class_items()) {
        let texts: Vec<_> = (' '..='~').map(String::from).collect();
        check_agreement(&source, &texts)?;
    }

    #[test]
    fn generated_patterns_agree_with_the_reference(source in patterns(), texts in texts()) {
        check_agreement(&source, &texts)?;
    }

    /// Covers odd combinations of special characters, which most of the generated patterns lack.
    #[test]
    fn arbitrary_texts_agree_with_the_reference(
        source in r"([a-c.|^$\-&~:,]|[()]|\\[ -~]|\[|\]|\[\^?[a-c\]\-&]{1,3}\]|[*+?]|\{[0-9]{1,3},?[0-9]?\}|é){0,12}|[ -~]{0,10}",
        texts in texts(),
    ) {
        check_agreement(&source, &texts)?;
    }
}
