//! Policies of any size, for benchmarks.

use std::fmt::Write;

/// Returns a policy with `rules` rules, of which the first `patterns` have a pattern. The last rule
/// decides for the captured failure.
pub(crate) fn rules(rules: usize, patterns: usize) -> String {
    let mut text = "version = 1\ncontainer = \"app\"\nlimits = { max_retries = 3 }\n".to_owned();
    for n in 0..rules - 1 {
        let when = if n < patterns {
            format!("reason = 'volume vol-{n:04x} (?:was )?not attached|disk {n} is full'")
        } else {
            format!("exit_code = {}", 1_000 + n)
        };
        writeln!(
            text,
            "[[rule]]\nname = \"r{n}\"\nwhen = {{ {when} }}\ntype = \"FATAL\""
        )
        .unwrap();
    }
    text + "[[rule]]\nname = \"last\"\nwhen = { exit_code = 4 }\ntype = \"TEMPORARY\"\nbackoff = { constant = \"60s\" }\n"
}
