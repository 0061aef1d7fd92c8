//! The language server, driven by a client in the same process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "lsp/client.rs"]
mod client;

use client::{Client, applied, offset, position};
use exitwise_engine::Policy;
use ls_types::request::{
    CodeActionRequest, Completion, DocumentSymbolRequest, GotoDefinition, HoverRequest,
    InlayHintRequest, PrepareRenameRequest, References, Rename,
};
use ls_types::{
    CodeActionOrCommand, CompletionResponse, CompletionTextEdit, DocumentSymbolResponse,
    GotoDefinitionResponse, HoverContents, InlayHintLabel, NumberOrString, Position, Range,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const POLICY: &str = r#"version = 1
limits = { max_retries = 4 }

[exit_codes]
NetworkError = 4
BadInput = 3

[backoff.network]
exponential = { initial = "30s", factor = 2 }
jitter = "full"

[[rule]] # é 😀
name = "network-error"
when = { exit_code = "NetworkError" }
type = "TEMPORARY"
backoff = "network"

[[rule]]
name = "bad-input"
when = { exit_code = ["BadInput", 5] }
type = "FATAL"

[[test]]
name = "bad inputs are final"
failures = ["NetworkError", "BadInput"]
expect = [{ rule = "network-error" }, { type = "FATAL", error = "Fatal.bad-input" }]

[[test]]
name = "the network fails too often"
failures = ["NetworkError", 4, 4, 4, 4]
expect = ["TEMPORARY", "TEMPORARY", "TEMPORARY", "TEMPORARY", { error = "RetriesExhausted.network-error" }]
"#;

fn policies(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .collect();
    paths.sort();
    paths
}

/// The place of the n-th occurrence of a text, counted from 0.
fn nth(text: &str, part: &str, n: usize) -> Position {
    let at = text.match_indices(part).nth(n).expect(part).0;
    position(text, at + 1)
}

fn code(diagnostic: &ls_types::Diagnostic) -> String {
    match &diagnostic.code {
        Some(NumberOrString::String(code)) => code.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_problems_are_those_of_check() {
    let mut client = Client::start();
    let mut files = policies("policy-engine/tests/fixtures/invalid");
    files.extend(policies("policies"));
    for path in files {
        let checked = Command::new(env!("CARGO_BIN_EXE_exitwise"))
            .args(["check", "--format", "json"])
            .arg(&path)
            .output()
            .unwrap();
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        let expected = checked.get("diagnostics").unwrap().as_array().unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|it| {
                let get = |key: &str| it.get(key).unwrap();
                let line = get("line").as_u64().unwrap();
                (
                    get("code").as_str().unwrap().to_owned(),
                    line,
                    get("message").as_str().unwrap(),
                )
            })
            .collect();
        let published = client.open(&path, &fs::read_to_string(&path).unwrap());
        let found: Vec<_> = published
            .iter()
            .map(|it| {
                let line = u64::from(it.range.start.line) + 1;
                (code(it), line, it.message.split(['\n']).next().unwrap())
            })
            .collect();
        assert_eq!(found.len(), expected.len(), "{}", path.display());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((&found.0, found.1), (&expected.0, expected.1));
            assert!(found.2.starts_with(expected.2), "{found:?} {expected:?}");
        }
    }
    client.stop();
}

#[test]
fn problems_follow_unsaved_text_and_count_utf16() {
    let mut client = Client::start();
    let uri = client::uri(Path::new("/unsaved/policy.toml"));
    assert_eq!(client.open(Path::new("/unsaved/policy.toml"), POLICY), []);
    // A mistake behind characters of two and four bytes in UTF-8, one and two units in UTF-16.
    let at = offset(POLICY, "[[rule]] # é 😀");
    let line = position(POLICY, at).line;
    let insert = "when_é😀 = 1 # é 😀\n\"é😀\" = { é = \"😀\", type = \"FATAL\" }\n";
    let start = Position::new(line + 1, 0);
    let problems = client.change(&uri, Range::new(start, start), insert);
    let (first, second) = (problems.first().unwrap(), problems.get(1));
    assert_eq!(code(first), "P001", "{problems:?}");
    let _ = second;
    // Back again, in UTF-16.
    let end = Position::new(line + 3, 0);
    assert_eq!(client.change(&uri, Range::new(start, end), ""), []);
    let comment = Position::new(line, 13);
    let problems = client.change(&uri, Range::new(comment, comment), "\n\"é😀\" = 1 #");
    let problem = problems.first().unwrap();
    assert_eq!(code(problem), "P003");
    assert_eq!(
        problem.range,
        Range::new(Position::new(line + 1, 0), Position::new(line + 1, 5))
    );
    let link = problem.code_description.as_ref().unwrap().href.as_str();
    assert!(
        link.ends_with("/docs/diagnostics.md#p003-unknown-key"),
        "{link}"
    );
    assert_eq!(client.close(&uri), []);
    // Other files in TOML are none of our business.
    let cargo = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[[test]]\nname = \"y\"\n";
    assert_eq!(client.open(Path::new("/unsaved/Cargo.toml"), cargo), []);
    client.stop();
}

#[test]
fn every_quick_fix_mends_its_problem() {
    let mut client = Client::start();
    let mut offered = Vec::new();
    for path in policies("policy-engine/tests/fixtures/invalid") {
        let text = fs::read_to_string(&path).unwrap();
        let before = client.open(&path, &text);
        let mut titles = Vec::new();
        for problem in &before {
            let params = json!({
                "textDocument": {"uri": client::uri(&path)}, "range": problem.range,
                "context": {"diagnostics": []},
            });
            let actions = client.ask::<CodeActionRequest>(params).unwrap().unwrap();
            for action in actions {
                let CodeActionOrCommand::CodeAction(action) = action else {
                    panic!("{action:?}")
                };
                if action.diagnostics.as_deref() != Some(std::slice::from_ref(problem)) {
                    continue;
                }
                let edits = action.edit.unwrap().changes.unwrap();
                let edited = applied(&text, edits.values().next().unwrap());
                let after = client.open(&path, &edited);
                let count = |all: &[ls_types::Diagnostic], one: &ls_types::Diagnostic| {
                    let same = |it: &&ls_types::Diagnostic| {
                        it.code == one.code && it.message == one.message
                    };
                    all.iter().filter(same).count()
                };
                assert!(
                    count(&after, problem) < count(&before, problem),
                    "{edited}\n{after:?}"
                );
                titles.push(action.title);
            }
            client.open(&path, &text);
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let line = format!("{name}: {}", titles.join("; "));
        offered.push(line.trim_end().to_owned());
    }
    let expected = include_str!("lsp/fixes.txt");
    assert_eq!(offered.join("\n") + "\n", expected);
    client.stop();
}

/// Asks about a place in a document.
fn at(path: &Path, position: Position, more: Value) -> Value {
    let mut params = json!({"textDocument": {"uri": client::uri(path)}, "position": position});
    params
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    params
}

#[test]
fn hovers_explain_rules_keys_and_names() {
    let (mut client, path) = (Client::start(), Path::new("/x/policy.toml"));
    client.open(path, POLICY);
    for (part, n, expected) in [
        ("network-error\"", 0, "TEMPORARY (rule 1 of 2)"),
        ("network-error\"", 1, "waits `30s, 1m, 2m, 4m`"),
        ("[[rule]]", 0, "decides at most 5 times in one execution"),
        ("[[rule]]", 1, "**bad-input**: FATAL"),
        ("jitter", 0, "Spreads the delays"),
        ("when", 1, "every key must match"),
        ("network]", 0, "- network-error waits `30s, 1m, 2m, 4m`"),
        ("BadInput", 1, "exit code **BadInput** = 3"),
        ("\"FATAL\"", 0, "RETRIABLE runs again at once"),
    ] {
        let hover = client.ask::<HoverRequest>(at(path, nth(POLICY, part, n), json!({})));
        let hover = hover
            .unwrap()
            .unwrap_or_else(|| panic!("nothing at {part}"));
        let HoverContents::Markup(shown) = hover.contents else {
            panic!("{part}")
        };
        assert!(shown.value.contains(expected), "{part}: {}", shown.value);
    }
    let comment = client.ask::<HoverRequest>(at(path, nth(POLICY, "# é", 0), json!({})));
    assert_eq!(comment.unwrap(), None);
    client.stop();
}

/// The labels that are offered at the `|` of a text, and the text with the first one written.
fn completed(client: &mut Client, text: &str) -> (Vec<String>, String) {
    let path = Path::new("/x/policy.toml");
    let cursor = offset(text, "|");
    let text = text.replace('|', "");
    // The names come from the last text that was TOML.
    client.open(path, POLICY);
    let uri = client::uri(path);
    let whole = Range::new(Position::new(0, 0), position(POLICY, POLICY.len()));
    client.type_in(&uri, whole, &text);
    let asked = client.ask::<Completion>(at(path, position(&text, cursor), json!({})));
    let Some(CompletionResponse::Array(items)) = asked.unwrap() else {
        panic!("{text}")
    };
    let first = items.first().and_then(|item| match &item.text_edit {
        Some(CompletionTextEdit::Edit(edit)) => Some(edit.clone()),
        _ => None,
    });
    let written = first
        .map(|edit| applied(&text, &[edit]))
        .unwrap_or_default();
    (items.into_iter().map(|item| item.label).collect(), written)
}

#[test]
fn completion_offers_what_fits() {
    let mut client = Client::start();
    let head = "version = 1\nlimits = { max_retries = 4 }\n";
    for (text, offered, written) in [
        ("[[rule]]\nna|", &["name", "when", "type"][..], "name = "),
        (
            "[[rule]]\nname = \"a\"\n|\ntype = \"FATAL\"",
            &["when", "outcome"],
            "when = ",
        ),
        (
            "[[rule]]\ntype = |\nname = \"a\"",
            &["RETRIABLE", "TEMPORARY", "FATAL", "SUCCESS"],
            "\"RETRIABLE\"",
        ),
        ("[[rule]]\ntype = \"F|\"", &["RETRIABLE"], "\"RETRIABLE\""),
        (
            "[[rule]]\ntype = \"F|",
            &["RETRIABLE"],
            "type = \"RETRIABLE",
        ),
        (
            "[[rule]]\nwhen = { | }",
            &["error", "stop_code", "exit_code"],
            "error = ",
        ),
        (
            "[[rule]]\nwhen = { stop_code = [\"SpotInterruption\", \"|",
            &["TaskFailedToStart"],
            "\"TaskFailedToStart",
        ),
        (
            "[[rule]]\nwhen = { launch_type = |",
            &["EC2", "FARGATE"],
            "\"EC2\"",
        ),
        (
            "[[rule]]\nwhen.error = '|'",
            &["States.TaskFailed"],
            "'States.TaskFailed'",
        ),
        (
            "[[rule]]\nwhen = { exit_code = [\"|",
            &["NetworkError", "BadInput", "absent"],
            "\"NetworkError",
        ),
        ("[[rule]]\nbackoff = |", &["network"], "\"network\""),
        (
            "[default]\nbackoff.|",
            &["constant", "linear"],
            "backoff.constant = ",
        ),
        (
            "[[test]]\nexpect = { rule = \"|",
            &["network-error", "bad-input", "default"],
            "\"network-error",
        ),
        ("[[test]]\nexpect = [\"|", &["RETRIABLE"], "\"RETRIABLE"),
        (
            "[[test]]\nfailures = [{ |",
            &["error", "stop_code"],
            "error = ",
        ),
        ("[[|", &["rule", "test", "size"], "[[rule"),
        ("[|", &["exit_codes", "backoff", "default"], "[exit_codes"),
        (
            "[backoff.x]\njitter = |",
            &["none", "full", "equal"],
            "\"none\"",
        ),
    ] {
        let (labels, text) = completed(&mut client, &format!("{head}{text}\n"));
        let found: Vec<_> = labels.iter().take(offered.len()).collect();
        assert_eq!(found, offered, "{text}: {labels:?}");
        assert!(text.contains(written), "{text}");
        assert!(!labels.contains(&"SpotInterruption".into()) || !text.contains("[\"Spot"));
    }
    for nothing in ["# a comment |", "name = 'x'| "] {
        assert_eq!(
            completed(&mut client, &format!("{head}[[rule]]\n{nothing}\n")).0,
            [""; 0]
        );
    }
    client.stop();
}

#[test]
fn hints_symbols_definitions_and_references() {
    let (mut client, path) = (Client::start(), Path::new("/x/policy.toml"));
    client.open(path, POLICY);
    let document = json!({"textDocument": {"uri": client::uri(path)}});
    let mut whole = document.clone();
    whole["range"] = json!(Range::new(Position::new(0, 0), Position::new(999, 0)));
    let hints = client.ask::<InlayHintRequest>(whole).unwrap().unwrap();
    let hints = hints.into_iter().map(|it| match it.label {
        InlayHintLabel::String(label) => (it.position.line, label),
        InlayHintLabel::LabelParts(_) => panic!("parts"),
    });
    let label = || "30s, 1m, 2m, 4m".to_owned();
    assert_eq!(hints.collect::<Vec<_>>(), [(8, label()), (15, label())]);

    let symbols = client
        .ask::<DocumentSymbolRequest>(document)
        .unwrap()
        .unwrap();
    let DocumentSymbolResponse::Nested(symbols) = symbols else {
        panic!("flat")
    };
    let names: Vec<_> = symbols.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "NetworkError",
            "BadInput",
            "network",
            "network-error",
            "bad-input",
            "bad inputs are final",
            "the network fails too often",
        ]
    );
    let rule = symbols.get(3).unwrap();
    assert_eq!((rule.range.start.line, rule.range.end.line), (11, 15));

    let asked = client.ask::<GotoDefinition>(at(path, nth(POLICY, "NetworkError", 1), json!({})));
    let Some(GotoDefinitionResponse::Array(places)) = asked.unwrap() else {
        panic!("none")
    };
    assert_eq!(places.first().unwrap().range.start, Position::new(4, 0));
    for (declaration, count) in [(true, 4), (false, 3)] {
        let context = json!({"context": {"includeDeclaration": declaration}});
        let asked = at(path, nth(POLICY, "NetworkError", 0), context);
        assert_eq!(
            client.ask::<References>(asked).unwrap().unwrap().len(),
            count
        );
    }
    client.stop();
}

#[test]
fn a_rename_keeps_the_decisions() {
    let mut client = Client::start();
    let default = Path::new(ROOT).join("policies/default.toml");
    let default = (default.clone(), fs::read_to_string(default).unwrap());
    let own = (PathBuf::from("/x/policy.toml"), POLICY.to_owned());
    for (path, text) in [own, default] {
        assert_eq!(client.open(&path, &text), []);
        let (policy, _) = Policy::load(&text).unwrap();
        let rules = policy
            .rules()
            .iter()
            .map(|rule| format!("name = \"{}\"", rule.name()));
        let codes = policy.exit_codes().map(|(name, _)| format!("{name} ="));
        let backoffs = ["network", "start", "capacity"].map(|name| format!("[backoff.{name}]"));
        let backoffs = backoffs.into_iter().filter(|it| text.contains(it));
        // Each name of a long policy would take a minute.
        let step = if text.len() > 2_000 { 9 } else { 1 };
        for written in rules.chain(codes).chain(backoffs).step_by(step) {
            let place = offset(&text, &written) + written.find(['"', '.']).map_or(0, |it| it + 1);
            let is_code = written.ends_with('=');
            let new = if is_code { "Another" } else { "another-name" };
            let asked = at(&path, position(&text, place), json!({"newName": new}));
            let edit = client.ask::<Rename>(asked).unwrap().unwrap();
            let edits = edit.changes.unwrap();
            let edited = applied(&text, edits.values().next().unwrap());
            assert_eq!(client.open(&path, &edited), [], "{written}");
            let (renamed, _) = Policy::load(&edited).unwrap();
            assert_eq!(renamed.limits(), policy.limits());
            for (one, other) in policy.all_rules().zip(renamed.all_rules()) {
                assert_eq!(one.matchers(), other.matchers());
                assert_eq!(
                    (one.action(), one.counts()),
                    (other.action(), other.counts())
                );
            }
            client.open(&path, &text);
        }
    }
    client.stop();
}

#[test]
fn a_rename_to_a_bad_name_says_why() {
    let (mut client, path) = (Client::start(), Path::new("/x/policy.toml"));
    client.open(path, POLICY);
    for (name, n, new, why) in [
        (
            "network-error",
            0,
            "bad-input",
            "two rules are called `bad-input`",
        ),
        (
            "network-error",
            0,
            "default",
            "`default` cannot name a rule: reserved",
        ),
        (
            "network-error",
            0,
            "Network",
            "`Network` cannot name a rule",
        ),
        ("network-error", 0, "a b", "`a b` is not a name"),
        ("NetworkError", 1, "BadInput", "`BadInput`"),
        ("NetworkError", 1, "1x", "`1x` cannot name an exit code"),
        ("network\"", 0, "none", "`none` cannot name a backoff"),
    ] {
        let asked = at(path, nth(POLICY, name, n), json!({"newName": new}));
        let error = client.ask::<Rename>(asked).unwrap_err();
        assert!(error.message.contains(why), "{name}: {}", error.message);
    }
    let prepared =
        client.ask::<PrepareRenameRequest>(at(path, nth(POLICY, "limits", 0), json!({})));
    assert_eq!(prepared.unwrap(), None);
    client.stop();
}

/// Types a policy letter by letter, and asks everything at the end of the text, every `step` letters.
fn type_policy(path: &Path, step: usize) {
    let mut client = Client::start();
    let text = fs::read_to_string(path).unwrap();
    let path = Path::new("/typed/policy.toml");
    client.open(path, "");
    let uri = client::uri(path);
    let ends: Vec<_> = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .collect();
    let mut start = Position::new(0, 0);
    let mut typed = 0;
    for end in ends.iter().copied().step_by(step).chain([text.len()]) {
        let part = text.get(typed..end).unwrap();
        client.type_in(&uri, Range::new(start, start), part);
        let lines = u32::try_from(part.matches('\n').count()).unwrap();
        let last = part.rsplit('\n').next().unwrap().encode_utf16().count();
        let column = if lines == 0 { start.character } else { 0 };
        start = Position::new(start.line + lines, column + u32::try_from(last).unwrap());
        typed = end;
        let here = json!({
            "textDocument": {"uri": uri}, "position": start, "range": Range::new(start, start),
            "context": {"diagnostics": [], "includeDeclaration": true, "triggerKind": 1},
        });
        for method in [
            "completion",
            "hover",
            "documentSymbol",
            "inlayHint",
            "definition",
            "references",
        ] {
            client
                .request(&format!("textDocument/{method}"), here.clone())
                .unwrap();
        }
        if (typed / step).is_multiple_of(20) {
            client.request("textDocument/codeAction", here).unwrap();
        }
    }
    client.stop();
}

/// Long policies take minutes letter by letter, so only `EVERY_LETTER=1` types them so.
#[test]
fn policies_can_be_typed_letter_by_letter() {
    for path in policies("policies") {
        let length = fs::metadata(&path).unwrap().len();
        let every_letter = length < 1_200 || env::var_os("EVERY_LETTER").is_some();
        type_policy(&path, if every_letter { 1 } else { 101 });
    }
}
