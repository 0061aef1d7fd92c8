//! Definitions and targets that cannot be woven.

use crate::common::{load, read};
use exitwise_asl_compiler::{Backend, StateChoice, WeaveErrors, WeaveTarget, weave};

/// Returns the errors of weaving states with one policy; `*` stands for every one that runs a
/// container.
fn errors(definition: &str, states: &[&str]) -> WeaveErrors {
    let policy = load(&read("tests/weave/train.toml"));
    let targets: Vec<_> = states
        .iter()
        .map(|state| WeaveTarget {
            states: match *state {
                "*" => StateChoice::ContainerTasks,
                state => StateChoice::Named(state),
            },
            policy: &policy,
            policy_name: "train.toml",
        })
        .collect();
    match weave(definition, &targets, &Backend::Native) {
        Ok(woven) => panic!("{definition} was woven: {}", woven.text),
        Err(errors) => errors,
    }
}

/// A state machine in JSONata whose states are a task T with these members and these others.
fn machine(members: &str, others: &str) -> String {
    let resource = r#""Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync""#;
    format!(
        "{{\"QueryLanguage\": \"JSONata\", \"StartAt\": \"T\", \"States\": {{\n\"T\": {{{resource}, \
         \"End\": true{members}}}{others}}}}}"
    )
}

/// Definition, states, the places of all errors, and parts of the message and of the help of the first
/// one.
type Refusal = (
    String,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
    &'static str,
);

#[test]
fn what_cannot_be_woven_is_refused_with_its_place() {
    let of_map = |inner: &str| {
        format!(
            r#","M": {{"Type": "Map", "ItemProcessor": {{"StartAt": "X", "States": {{{inner}}}}}, "End": true}}"#
        )
    };
    let json_path = |text: String| text.replace("\"QueryLanguage\": \"JSONata\", ", "");
    let task = r#"{"Type": "Task", "Resource": "r", "End": true}"#;
    let refusals: Vec<Refusal> = vec![
        ("{]".into(), &["T"], &["1:2"], "not JSON", "JSON value"),
        (
            "[]".into(),
            &["T"],
            &["1:1"],
            "`States` is missing",
            "Amazon States Language",
        ),
        (
            "{\"States\": ${states}}".into(),
            &["T"],
            &["1:12"],
            "is a marker",
            "into the definition",
        ),
        (
            "{\"States\": []}".into(),
            &["T"],
            &["1:12"],
            "must be an object",
            "make `States`",
        ),
        (
            machine("", ""),
            &["Other"],
            &["1:46"],
            "no state `Other`",
            "Task state",
        ),
        (
            machine("", &format!(", \"Training\": {task}")),
            &["Trainig"],
            &["1:46"],
            "similar names are `Training`",
            "write `Training`",
        ),
        (
            machine("", &of_map(&format!("\"A\": {task}, \"T\": {task}"))),
            &["A", "M/T", "X/T"],
            &["1:46"],
            "no state `X/T`",
            "`M/T`",
        ),
        (
            machine(
                "",
                &format!(
                    "{}{}",
                    of_map(&format!("\"A\": {task}")),
                    of_map(&format!("\"A\": {task}")).replace("\"M\"", "\"N\"")
                ),
            ),
            &["A"],
            &["1:46"],
            "`A` stands for several states: `M/A`, `N/A`",
            "write a path, such as `M/A`",
        ),
        (
            machine("", &of_map("\"X\": {}")),
            &["M"],
            &["2:85"],
            "`M` is a Map state",
            "within it",
        ),
        (
            machine("", ",\n\"W\": {\"Type\": \"Wait\"}"),
            &["W"],
            &["3:1"],
            "a Wait state",
            "a Task state",
        ),
        (
            machine("", ""),
            &["T", "T"],
            &["2:1"],
            "two policies",
            "once",
        ),
        (
            machine("", "").replace("ecs:runTask", "sns:publish"),
            &["*"],
            &["1:46"],
            "no Task state runs ECS or Batch",
            "STATE=POLICY.toml",
        ),
        (
            machine("", ",\n\"T: Init\": {}, \"T: Never\": {}"),
            &["T"],
            &["3:1", "3:16"],
            "`T: Init` is the name of a state that weaving adds to `T`",
            "rename this state",
        ),
        (
            machine(
                "",
                ",\n\"A\": {\"Type\": \"Pass\", \"Assign\": {\"errorState\": 1}}",
            ),
            &["T"],
            &["3:34"],
            "`errorState` belongs to the retry loop of `T`",
            "rename the variable",
        ),
        (
            json_path(machine(
                ", \"Catch\": [{\"Assign\": {\"taskError.$\": \"$\"}}]",
                &of_map(&format!("\"X\": {task}")),
            )),
            &["X"],
            &["2:107"],
            "`taskError` belongs to the retry loop of `M/X`",
            "rename",
        ),
        (
            machine(", \"ResultPath\": \"$.x\"", ""),
            &["T"],
            &["2:85"],
            "a Task state in JSONata has no key `ResultPath`",
            "remove `ResultPath`",
        ),
        (
            json_path(machine(", \"Output\": 1, \"Arguments\": {}", "")),
            &["T"],
            &["2:85", "2:98"],
            "a Task state in JSONPath has no key `Output`",
            "remove",
        ),
        (
            machine(", \"Output\": \"{% [1, $states] %}\"", ""),
            &["T"],
            &["2:103"],
            "`$states` stands here without `.result`",
            "`$states.result`",
        ),
        (
            machine(
                ", \"Assign\": {\"x\": \"{% $states.result@$x %}\"}, \"Output\": ${output}",
                "",
            ),
            &["T"],
            &["2:105", "2:139"],
            "followed by `@`",
            "function",
        ),
        (
            json_path(machine(", \"Assign\": ${variables}", "")),
            &["T"],
            &["2:95"],
            "`Assign` of `T` is a marker",
            "into the definition",
        ),
        (
            machine(", \"QueryLanguage\": \"XPath\"", ""),
            &["T"],
            &["2:102"],
            "must be \"JSONPath\" or \"JSONata\"",
            "",
        ),
    ];
    for (definition, states, places, message, help) in refusals {
        let errors = errors(&definition, states);
        let found: Vec<_> = errors
            .errors()
            .iter()
            .map(|it| it.place.to_string())
            .collect();
        assert_eq!(found, places, "{definition}\n{errors}");
        let first = &errors.errors()[0];
        assert!(first.to_string().contains(message), "{errors}");
        assert!(first.kind.help().contains(help), "{}", first.kind.help());
    }
}

#[test]
fn names_may_be_so_long_that_those_of_all_states_fit() {
    let named =
        |chars: usize| machine("", "").replace("\"T\"", &format!("\"{}\"", "x".repeat(chars)));
    let policy = load(&read("tests/weave/train.toml"));
    let target = WeaveTarget {
        states: StateChoice::ContainerTasks,
        policy: &policy,
        policy_name: "train.toml",
    };
    assert!(weave(&named(62), &[target], &Backend::Native).is_ok());
    let errors = errors(&named(63), &["*"]);
    let error = &errors.errors()[0];
    assert!(
        error
            .to_string()
            .contains("would have 81 characters; the most is 80"),
        "{error}"
    );
    assert!(
        error.kind.help().contains("at most 62 characters"),
        "{error}"
    );
}

#[test]
fn a_woven_state_is_not_woven_again() {
    let policy = load(&read("tests/weave/train.toml"));
    let target = WeaveTarget {
        states: StateChoice::ContainerTasks,
        policy: &policy,
        policy_name: "train.toml",
    };
    let source = machine(
        "",
        ",\n\"U\": {\"Type\": \"Task\", \"Resource\": \"r\", \"End\": true}",
    );
    let woven = weave(&source, &[target], &Backend::Native).unwrap().text;
    for states in [&["T"][..], &["*"], &["T: RunTask"], &["T/T: RunTask"]] {
        let errors = errors(&woven, states);
        assert!(
            errors.to_string().contains("has already been woven"),
            "{errors}"
        );
    }
    let other = WeaveTarget {
        states: StateChoice::Named("U"),
        ..target
    };
    assert!(weave(&woven, &[other], &Backend::Native).is_ok());
}
