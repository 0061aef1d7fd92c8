//! The worst case of whole executions.

use crate::common::load;
use exitwise_asl_compiler::{
    Backend, ExecutionFigures, StateChoice, WeaveTarget, WovenWorstCase, machine_worst_case, weave,
};
use exitwise_asl_runner::{
    Definition, Execution, TaskCall, TaskError, TaskFailure, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use exitwise_engine::analysis::WorstCase;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Describes figures: `6 events, 10s, 70s with runs`.
fn described(figures: ExecutionFigures) -> String {
    let ExecutionFigures {
        history_events: events,
        wait_seconds: waits,
        ..
    } = figures;
    match figures.duration_seconds {
        Some(seconds) => format!("{events} events, {waits}s, {seconds}s with runs"),
        None => format!("{events} events, {waits}s"),
    }
}

/// Returns the worst case of a machine, in which the states `woven` have the policy.
fn worst_case(machine: &str, woven: &[(&str, &str)]) -> String {
    let policies: Vec<_> = woven
        .iter()
        .map(|(state, text)| (*state, load(text)))
        .collect();
    let targets = policies.iter().map(|(state, policy)| WeaveTarget {
        states: StateChoice::Named(state),
        policy,
        policy_name: state,
    });
    let states = weave(machine, &targets.collect::<Vec<_>>(), &Backend::Native);
    let states = states.unwrap_or_else(|why| panic!("{why}")).states;
    let worst: Vec<_> = policies.iter().map(|(_, it)| WorstCase::of(it)).collect();
    let woven: Vec<_> = states
        .iter()
        .map(|state| WovenWorstCase {
            state,
            worst_case: &worst[policies
                .iter()
                .position(|it| it.0 == state.policy_name)
                .unwrap()],
        })
        .collect();
    match machine_worst_case(machine, &woven) {
        Err(why) => format!("because {why}"),
        Ok(worst) => {
            let items = worst.items.iter().map(|(map, items)| {
                format!(
                    "; {map}, {} at once: {}",
                    items.at_once,
                    described(items.each)
                )
            });
            described(worst.fixed) + &items.collect::<String>()
        }
    }
}

fn machine(states: &str) -> String {
    format!(r#"{{"QueryLanguage": "JSONata", "StartAt": "A", "States": {{{states}}}}}"#)
}

#[track_caller]
fn check(states: &str, expected: &str) {
    assert_eq!(worst_case(&machine(states), &[]), expected, "{states}");
}

const END: &str = r#""End": true"#;
const CALL: &str = r#""Type": "Task", "Resource": "arn:aws:states:::lambda:invoke""#;

#[test]
fn states_in_a_row_add_up_and_the_longest_way_counts() {
    check(r#""A": {"Type": "Succeed"}"#, "4 events, 0s, 0s with runs");
    check(
        r#""A": {"Type": "Wait", "Seconds": 10, "Next": "B"}, "B": {"Type": "Wait", "Seconds": 5, "End": true}"#,
        "6 events, 15s, 15s with runs",
    );
    check(
        r#""A": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "B"}], "Default": "C"},
           "B": {"Type": "Wait", "Seconds": 10, "End": true},
           "C": {"Type": "Pass", "Next": "D"}, "D": {"Type": "Fail"}"#,
        "7 events, 10s, 10s with runs",
    );
    // Both ways lead to D, which is entered once.
    check(
        r#""A": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "B"}], "Default": "D"},
           "B": {"Type": "Pass", "Next": "D"}, "D": {"Type": "Wait", "Seconds": 7, "End": true},
           "Unused": {"Type": "Wait", "Seconds": "{% $x %}", "Next": "Unused"}"#,
        "8 events, 7s, 7s with runs",
    );
}

#[test]
fn tasks_count_with_their_retries_timeouts_and_catches() {
    check(&format!(r#""A": {{{CALL}, {END}}}"#), "7 events, 0s");
    let timed = format!(r#""A": {{{CALL}, "TimeoutSeconds": 60"#);
    check(&format!("{timed}, {END}}}"), "7 events, 0s, 60s with runs");
    let job = timed.replace("lambda:invoke", "ecs:runTask.sync");
    check(&format!("{job}, {END}}}"), "8 events, 0s, 60s with runs");
    // 1 + 2 + 4 s.
    let retried = format!(r#"{timed}, "Retry": [{{"ErrorEquals": ["States.ALL"]}}]"#);
    check(
        &format!("{retried}, {END}}}"),
        "16 events, 7s, 247s with runs",
    );
    let caught = format!(
        r#"{retried}, {END}, "Catch": [{{"ErrorEquals": ["States.ALL"], "Next": "B"}}]}},
           "B": {{"Type": "Wait", "Seconds": 100, {END}}}"#
    );
    check(&caught, "18 events, 107s, 347s with runs");
    for (retrier, expected) in [
        (r#""MaxAttempts": 0"#, "7 events, 0s, 60s with runs"),
        (
            r#""MaxAttempts": 2, "IntervalSeconds": 10, "BackoffRate": 1"#,
            "13 events, 20s, 200s with runs",
        ),
        (
            r#""MaxAttempts": 3, "IntervalSeconds": 10, "BackoffRate": 1.5"#,
            "16 events, 48s, 288s with runs",
        ),
        (
            r#""MaxAttempts": 3, "IntervalSeconds": 10, "MaxDelaySeconds": 15"#,
            "16 events, 40s, 280s with runs",
        ),
        (
            r#""MaxAttempts": 99999999, "MaxDelaySeconds": 1"#,
            "300000004 events, 99999999s, 6099999999s with runs",
        ),
        (
            r#""MaxAttempts": ${most}"#,
            "because `A` has a Retry with values that are not plain numbers",
        ),
    ] {
        let retry = format!(r#""Retry": [{{"ErrorEquals": ["States.ALL"], {retrier}}}]"#);
        check(&format!("{timed}, {retry}, {END}}}"), expected);
    }
}

#[test]
fn branches_run_at_the_same_time_and_items_in_rounds() {
    let wait = |seconds| {
        format!(
            r#"{{"StartAt": "W{seconds}", "States": {{"W{seconds}": {{"Type": "Wait", "Seconds": {seconds}, {END}}}}}}}"#
        )
    };
    check(
        &format!(
            r#""A": {{"Type": "Parallel", "Branches": [{}, {}], {END}}}"#,
            wait(10),
            wait(30)
        ),
        "10 events, 30s, 30s with runs",
    );
    let map = |keys: &str| {
        format!(
            r#""A": {{"Type": "Map", {keys}, "ItemProcessor": {}, {END}}}"#,
            wait(10)
        )
    };
    check(&map(r#""Items": []"#), "6 events, 0s, 0s with runs");
    check(
        &map(r#""Items": [1, 2, 3]"#),
        "18 events, 10s, 10s with runs",
    );
    check(
        &map(r#""Items": [1, 2, 3], "MaxConcurrency": 2"#),
        "18 events, 20s, 20s with runs",
    );
    check(
        &map(r#""Items": [1, 2, 3], "MaxConcurrency": "{% $n %}""#),
        "18 events, 30s, 30s with runs",
    );
    check(
        &map(r#""Items": "{% $x %}", "MaxConcurrency": 5"#),
        "6 events, 0s, 0s with runs; A, 5 at once: 4 events, 10s, 10s with runs",
    );
    // A Map that is retried runs all items again.
    check(
        &map(r#""Items": "{% $x %}", "Retry": [{"ErrorEquals": ["X"], "MaxAttempts": 1}]"#),
        "8 events, 1s, 1s with runs; A, 40 at once: 8 events, 20s, 20s with runs",
    );
}

#[test]
fn what_is_not_bounded_has_a_reason() {
    let loops = r#""A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "C"}], "Default": "D"}, "D": {"Type": "Succeed"}"#;
    check(loops, "because `B` is in a loop that no policy bounds");
    let waits = r#""A": {"Type": "Wait", "Seconds": "{% $x %}", "End": true}"#;
    check(
        waits,
        "because `A` waits for a time that is known only when it runs",
    );
    check(
        r#""A": {"Type": "Pass", "Next": "B"}"#,
        "because `B` is not in the definition",
    );
    check(
        r#""A": {"Type": "Pass", "Next": ${b}}"#,
        "because `A` leads to a state that a marker names",
    );
    check(
        r#""A": {"Type": "Other", "End": true}"#,
        "because `A` has no type that is known",
    );
    let map = |name: &str, mode: &str, inner: &str| {
        format!(
            r#""{name}": {{"Type": "Map", "ItemProcessor": {{{mode} "StartAt": "{name}1", "States": {{"{name}1": {inner}}}}}, {END}}}"#
        )
    };
    let pass = format!(r#"{{"Type": "Pass", {END}}}"#);
    check(
        &map("A", r#""ProcessorConfig": {"Mode": "DISTRIBUTED"},"#, &pass),
        "because `A` is a distributed Map, whose items are executions of their own",
    );
    let inner = map("A1", "", &pass);
    let inner = inner.split_once(':').unwrap().1;
    check(
        &map("A", "", inner),
        "because `A` has a number of items that is known only when it runs, and so has a Map in it",
    );
}

const POLICY: &str = r#"
    version = 1
    limits.max_retries = 3
    [[rule]]
    name = "busy"
    when.exit_code = 4
    type = "TEMPORARY"
    max_retries = 2
    backoff.constant = "60s"
    [default]
    type = "RETRIABLE"
"#;

/// Fails all runs: the first two of four so that there is a wait before the next one.
struct Failing(u32);

impl Tasks for Failing {
    fn run(&mut self, _: TaskCall<'_>) -> Result<Value, TaskError> {
        self.0 += 1;
        let code = if self.0 % 4 == 1 || self.0 % 4 == 2 {
            4
        } else {
            1
        };
        let task = json!({"Containers": [{"Name": "app", "ExitCode": code}]});
        Err(TaskFailure::new("States.TaskFailed", task.to_string()).into())
    }
}

/// Runs a machine whose state B has the policy, and returns the history events and the seconds.
fn run(text: &str, policy: &Policy) -> (u64, i64) {
    let target = WeaveTarget {
        states: StateChoice::Named("B"),
        policy,
        policy_name: "B",
    };
    let woven = weave(text, &[target], &Backend::Native).unwrap().text;
    let mut clock = VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH);
    let (mut events, mut last) = (0, OffsetDateTime::UNIX_EPOCH);
    let machine = Definition::parse(&woven).unwrap();
    machine.run(
        Execution::default(),
        &mut Failing(0),
        &mut clock,
        &mut |event| {
            events += 1;
            last = event.timestamp;
        },
    );
    (events, last.unix_timestamp())
}

#[test]
fn an_execution_reaches_the_worst_case_of_a_woven_machine() {
    let policy = load(POLICY);
    // The second retrier is for an error of the policy, so it stays, and starts all over.
    // The bound counts an event for each failure of the Parallel state; the history has one for the last.
    for (retrier, runs, unrecorded) in [
        (r#""ErrorEquals": ["States.ALL"]"#, 4, 0),
        (
            r#""ErrorEquals": ["RetriesExhausted.default"], "MaxAttempts": 1"#,
            8,
            1,
        ),
    ] {
        let text = machine(&format!(
            r#""A": {{"Type": "Map", "Items": [1], "Next": "C",
                "ItemProcessor": {{"StartAt": "B", "States": {{
                  "B": {{"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "TimeoutSeconds": 100, {END},
                    "Retry": [{{{retrier}}}], "Catch": [{{"ErrorEquals": ["States.ALL"], "Next": "Caught"}}]}},
                  "Caught": {{"Type": "Pass", {END}}}}}}}}},
               "C": {{"Type": "Wait", "Seconds": 5, {END}}}"#
        ));
        let (events, seconds) = run(&text, &policy);
        let events = events + unrecorded;
        assert_eq!(
            worst_case(&text, &[("B", POLICY)]),
            format!(
                "{events} events, {seconds}s, {}s with runs",
                seconds + runs * 100
            ),
            "{retrier}"
        );
    }
}
