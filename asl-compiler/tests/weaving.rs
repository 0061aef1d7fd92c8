//! Definitions, woven: `weave/*.asl.json` give `weave/expected/*`.
//!
//! `UPDATE_DOCS=1 cargo test -p exitwise-asl-compiler` updates the expected files. In them, `VERSION`
//! stands for the version, and `…` for a text of more than 1,000 characters, that is, for the policy.

use crate::common::{assert_up_to_date, load, read};
use exitwise_asl_compiler::{
    Backend, Staleness, StateChoice, WeaveTarget, Woven, is_up_to_date, weave, woven_marks,
};
use exitwise_engine::Policy;
use std::fmt::Write;

/// A definition; the states that get a policy (`*`: every one that runs a container) with the policies;
/// and whether there is no function.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], bool);

const CASES: [Case<'_>; 6] = [
    ("map", &[("Train", "train")], true),
    ("map", &[("Each/Train", "nothing-to-do")], false),
    ("jsonpath", &[("*", "growing")], true),
    (
        "jsonpath",
        &[("Index", "nothing-to-do"), ("Extract", "train")],
        false,
    ),
    ("minified", &[("Run", "train")], true),
    ("callback", &[("*", "growing")], true),
];

/// Returns the name of the expected files of a case.
fn name((file, targets, native): &Case<'_>) -> String {
    let policies: Vec<_> = targets.iter().map(|(_, policy)| *policy).collect();
    let backend = if *native { "native" } else { "lambda" };
    format!("{file}.{}.{backend}", policies.join("."))
}

/// Calls a function with the source, the targets and the backend of a case.
fn with_case<T>(
    (file, targets, native): &Case<'_>,
    call: impl FnOnce(&str, &[WeaveTarget<'_>], &Backend) -> T,
) -> T {
    let source = read(&format!("tests/weave/{file}.asl.json"));
    let policies: Vec<(String, Policy)> = targets
        .iter()
        .map(|(_, policy)| {
            let file = format!("{policy}.toml");
            let policy = load(&read(&format!("tests/weave/{file}")));
            (file, policy)
        })
        .collect();
    let targets: Vec<_> = targets
        .iter()
        .zip(&policies)
        .map(|((state, _), (policy_name, policy))| WeaveTarget {
            states: match *state {
                "*" => StateChoice::ContainerTasks,
                state => StateChoice::Named(state),
            },
            policy,
            policy_name,
        })
        .collect();
    let backend = match native {
        true => Backend::Native,
        false => Backend::Lambda {
            function: "${function_arn}".to_owned(),
        },
    };
    call(&source, &targets, &backend)
}

fn report(woven: &Woven) -> String {
    let mut report = String::new();
    for state in &woven.states {
        writeln!(
            report,
            "{} (line {}), {}: {} states, {} transitions, {} events; a retry: {} transitions, {} events; with \
             a wait: {}, {}",
            state.path,
            state.line,
            state.policy_name,
            state.states_added,
            state.extra.transitions,
            state.extra.history_events,
            state.retriable.transitions,
            state.retriable.history_events,
            state.temporary.transitions,
            state.temporary.history_events,
        )
        .unwrap();
    }
    for warning in &woven.warnings {
        writeln!(report, "{warning}\n  {}", warning.kind.help()).unwrap();
    }
    report
}

/// Returns a text in which long strings and the version are left out.
fn abridged(text: &str) -> String {
    let version = format!("exitwise {}", env!("CARGO_PKG_VERSION"));
    let text = text.replace(&version, "exitwise VERSION");
    let mut abridged = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('"') {
        let inner = &rest[start + 1..];
        let mut escaped = false;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.unwrap_or(inner.len());
        let string = if end > 1_000 { "…" } else { &inner[..end] };
        write!(abridged, "{}\"{string}\"", &rest[..start]).unwrap();
        rest = inner.get(end + 1..).unwrap_or_default();
    }
    abridged + rest
}

#[test]
fn definitions_are_woven_as_expected() {
    for case in &CASES {
        let woven = with_case(case, weave).unwrap_or_else(|why| panic!("{}: {why}", name(case)));
        let path = format!("tests/weave/expected/{}", name(case));
        assert_up_to_date(&format!("{path}.asl.json"), &abridged(&woven.text));
        assert_up_to_date(&format!("{path}.txt"), &report(&woven));
    }
}

/// Returns the text before the value of a state, and the text after it.
fn around<'t>(text: &'t str, state: &str) -> (&'t str, &'t str) {
    let key = format!("\"{state}\"");
    let key = text.match_indices(&key);
    let mut starts = key.map(|(at, key)| at + key.len());
    let start = starts
        .find(|at| text[*at..].trim_start().starts_with(':'))
        .unwrap();
    let start = start + text[start..].find('{').unwrap();
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let end = text[start..].find(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    (&text[..start], &text[start + end.unwrap() + 1..])
}

#[test]
fn everything_else_stays_as_it_is() {
    for case in CASES
        .iter()
        .filter(|(_, targets, _)| matches!(targets, [(state, _)] if *state != "*"))
    {
        with_case(case, |source, targets, backend| {
            let woven = weave(source, targets, backend).unwrap();
            let state = case.1[0].0.rsplit('/').next().unwrap();
            let (before, after) = around(source, state);
            assert!(woven.text.starts_with(before), "{}", name(case));
            assert!(woven.text.ends_with(after), "{}", name(case));
        });
    }
}

#[test]
fn weaving_keeps_the_line_breaks_of_the_file() {
    for case in &CASES {
        with_case(case, |source, targets, backend| {
            let windows = |text: &str| text.replace('\n', "\r\n");
            let woven = weave(source, targets, backend).unwrap();
            let with_returns = weave(&windows(source), targets, backend).unwrap();
            assert_eq!(with_returns.text, windows(&woven.text), "{}", name(case));
        });
    }
}

#[test]
fn a_mark_shows_whether_the_policy_has_changed() {
    with_case(&CASES[0], |source, targets, backend| {
        let woven = weave(source, targets, backend).unwrap();
        let marks = woven_marks(&woven.text).unwrap();
        let [mark] = marks.as_slice() else {
            panic!("{marks:?}")
        };
        assert_eq!(
            (mark.state.as_str(), mark.policy_name.as_str()),
            ("Each/Train", "train.toml")
        );
        assert_eq!(mark.staleness(targets[0].policy), None);
        let text = targets[0]
            .policy
            .source()
            .replace("max_retries = 2", "max_retries = 3");
        let changed = load(&text);
        assert_eq!(mark.staleness(&changed), Some(Staleness::OtherPolicy));
        let older = woven.text.replace("\"exitwise ", "\"exitwise 0.0.1-");
        let marks = woven_marks(&older).unwrap();
        assert_eq!(
            marks[0].staleness(targets[0].policy),
            Some(Staleness::OtherVersion)
        );
        assert!(woven_marks(source).unwrap().is_empty());

        assert!(is_up_to_date(&woven.text, source, targets, backend).unwrap());
        let edited = woven.text.replace("$errorState.waitSeconds", "1");
        assert!(!is_up_to_date(&edited, source, targets, backend).unwrap());
    });
}
