//! Measures the answers of the language server at the maximum number of rules: `cargo bench -p exitwise
//! --bench lsp`. Each answer is to a request right after a change, so that nothing is known before. The
//! goal is 20 ms.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/lsp/client.rs"]
#[expect(dead_code, reason = "the tests use more of the client")]
mod client;

use client::{Client, uri};
use criterion::{Criterion, criterion_group, criterion_main};
use exitwise_engine::policy::MAX_RULES;
use ls_types::{Position, Range};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// A policy with the maximum number of rules, of which a fifth has patterns.
fn largest() -> String {
    let rule = |n: usize| {
        let when = match n % 5 {
            0 => format!("reason = 'reason {n}|cause {n}'"),
            _ => format!("exit_code = {n}"),
        };
        format!(
            "[[rule]]\nname = \"r{n}\"\nwhen = {{ {when} }}\ntype = \"TEMPORARY\"\nbackoff = \"b\"\n"
        )
    };
    let rules: String = (0..MAX_RULES).map(rule).collect();
    let head = "version = 1\nlimits.max_retries = 3\n[backoff.b]\nconstant = \"1m\"\n";
    format!("{head}{rules}")
}

/// The time from a request to its answer, after a change of the document in this line.
fn answered(client: &mut Client, method: &str, line: u32, written: &mut bool) -> Duration {
    let uri = uri(Path::new("/bench/policy.toml"));
    let (start, end) = (
        Position::new(0, 11),
        Position::new(0, if *written { 12 } else { 11 }),
    );
    client.type_in(
        &uri,
        Range::new(start, end),
        if *written { "" } else { " " },
    );
    *written = !*written;
    let here = Position::new(line, 9);
    let params = json!({
        "textDocument": {"uri": uri}, "position": here, "range": Range::new(here, here),
        "context": {"diagnostics": [], "includeDeclaration": true, "triggerKind": 1},
        "newName": "another",
    });
    let start = Instant::now();
    client
        .request(&format!("textDocument/{method}"), params)
        .unwrap();
    start.elapsed()
}

fn run(c: &mut Criterion) {
    let mut client = Client::start();
    client.open(Path::new("/bench/policy.toml"), &largest());
    let mut written = false;
    for (method, line) in [
        ("hover", 5),
        ("completion", 7),
        ("completion", 2_502),
        ("inlayHint", 8),
        ("documentSymbol", 0),
        ("definition", 8),
        ("references", 8),
    ] {
        c.bench_function(&format!("500 rules: {method} in line {line}"), |b| {
            b.iter_custom(|n| {
                (0..n)
                    .map(|_| answered(&mut client, method, line, &mut written))
                    .sum()
            })
        });
    }
    client.stop();
}

criterion_group!(benches, run);
criterion_main!(benches);
