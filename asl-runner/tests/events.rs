//! The events of an execution, and their times.

use crate::common::{ScriptedTasks, definition, execution, failure, run, task};
use exitwise_asl_runner::{AbortedError, Clock, ExecutionEnd, RealClock, TaskError};
use serde_json::{Value, json};
use std::time::Duration;
use time::{OffsetDateTime, UtcOffset};

#[track_caller]
fn check_events(resource: &str, answer: Result<Value, TaskError>, expect: &str) {
    let states = format!(r#""A": {{ "Type": "Task", "Resource": "{resource}", "End": true }}"#);
    let (_, history) = run(
        &definition(&states),
        json!({}),
        &mut ScriptedTasks::new([answer]),
    );
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds.join(" "),
        format!("ExecutionStarted TaskStateEntered {expect}")
    );
}

#[test]
fn events_have_the_names_that_aws_uses() {
    let ok = || Ok(json!(1));
    let sync = "arn:aws:states:::ecs:runTask.sync";
    let function = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:7";
    let ended = "TaskStateExited ExecutionSucceeded";
    check_events(
        "r",
        ok(),
        &format!("TaskScheduled TaskStarted TaskSucceeded {ended}"),
    );
    check_events(
        sync,
        ok(),
        &format!("TaskScheduled TaskStarted TaskSubmitted TaskSucceeded {ended}"),
    );
    check_events(
        sync,
        failure("E", ""),
        "TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed",
    );
    check_events(
        sync,
        failure("States.Timeout", ""),
        "TaskScheduled TaskStarted TaskSubmitted TaskTimedOut ExecutionFailed",
    );
    check_events(
        sync,
        Err(TaskError::Aborted),
        "TaskScheduled TaskStarted TaskSubmitted ExecutionAborted",
    );
    check_events(
        function,
        ok(),
        &format!("LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded {ended}"),
    );
    check_events(
        function,
        failure("E", ""),
        "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed",
    );
}

#[test]
fn a_field_that_cannot_be_evaluated_is_an_event() {
    let fields =
        r#""Arguments": "{% $x %}", "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }],"#;
    let (_, history) = run(
        &definition(&task(fields)),
        json!({}),
        &mut ScriptedTasks::new([]),
    );
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds.join(" "),
        "ExecutionStarted TaskStateEntered EvaluationFailed TaskStateExited SucceedStateEntered \
         SucceedStateExited ExecutionSucceeded"
    );
    assert_eq!(history[2].details["error"], "States.QueryEvaluationError");
    assert_eq!(history[2].details["location"], "Arguments");
}

#[test]
fn events_serialize_with_their_details() {
    let (_, history) = run(
        &definition(&task("")),
        json!({ "i": 1 }),
        &mut ScriptedTasks::new([failure("E", "c")]),
    );
    assert_eq!(
        json!(history),
        json!([
            { "id": 1, "previousEventId": 0, "timestamp": "2025-03-04T05:06:07.089Z", "type": "ExecutionStarted", "details": { "input": { "i": 1 } } },
            { "id": 2, "previousEventId": 1, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskStateEntered", "state": "A", "details": { "input": { "i": 1 } } },
            { "id": 3, "previousEventId": 2, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskScheduled", "state": "A", "details": { "resource": "r", "parameters": { "i": 1 } } },
            { "id": 4, "previousEventId": 3, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskStarted", "state": "A" },
            { "id": 5, "previousEventId": 4, "timestamp": "2025-03-04T05:06:07.089Z", "type": "TaskFailed", "state": "A", "details": { "error": "E", "cause": "c" } },
            { "id": 6, "previousEventId": 5, "timestamp": "2025-03-04T05:06:07.089Z", "type": "ExecutionFailed", "details": { "error": "E", "cause": "c" } },
        ])
    );
}

/// A clock that goes back one second at each call of `now`, and whose waits are interrupted.
struct BackwardClock(OffsetDateTime);

impl Clock for BackwardClock {
    fn now(&mut self) -> OffsetDateTime {
        self.0 -= Duration::from_secs(1);
        self.0
    }

    fn wait(&mut self, _: Duration) -> Result<(), AbortedError> {
        Err(AbortedError)
    }
}

#[test]
fn a_wait_can_be_interrupted_and_time_never_goes_back() {
    let retry = task(r#""Retry": [{ "ErrorEquals": ["E"] }],"#);
    let wait = r#""A": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true }"#;
    let east = UtcOffset::from_hms(1, 0, 0).expect("the offset is in range");
    for states in [retry.as_str(), wait] {
        let mut clock = BackwardClock(OffsetDateTime::UNIX_EPOCH.to_offset(east));
        let mut times = Vec::new();
        let mut observer = |event: &_| times.push(json!(event)["timestamp"].clone());
        let mut tasks = ScriptedTasks::new([failure("E", "")]);
        assert_eq!(
            definition(states).run(execution(json!(1)), &mut tasks, &mut clock, &mut observer),
            ExecutionEnd::Aborted
        );
        assert!(
            times.len() >= 3 && times.iter().all(|time| time == "1969-12-31T23:59:59.000Z"),
            "{times:?}"
        );
    }
}

#[test]
fn the_real_clock_really_waits() {
    let mut times = Vec::new();
    let states =
        definition(r#""A": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true }"#);
    states.run(
        execution(json!(1)),
        &mut ScriptedTasks::new([]),
        &mut RealClock,
        &mut |event| times.push(event.timestamp),
    );
    assert!(times[2] - times[1] >= Duration::from_secs(1));
}

/// The number of an event, the event before it, and the states around its state, for all events.
#[test]
fn events_name_the_event_before_them_and_the_states_around_theirs() {
    let inner = r#""StartAt": "I", "States": { "I": { "Type": "Pass", "Assign": { "x": 1 }, "End": true } }"#;
    let branch = r#""StartAt": "J", "States": { "J": { "Type": "Succeed" } }"#;
    let states = format!(
        r#""A": {{ "Type": "Map", "Items": [5, 6], "ItemProcessor": {{ {inner} }}, "Next": "B" }},
        "B": {{ "Type": "Parallel", "Branches": [{{ {branch} }}], "End": true }}"#
    );
    let (_, history) = run(&definition(&states), json!({}), &mut ScriptedTasks::new([]));
    let events = history.iter().map(|event| {
        let around = event.around.iter();
        let around: Vec<_> = around
            .map(|state| format!("{}{:?}", state.name, state.item))
            .collect();
        let assigned = &event.details["assigned"];
        let assigned = if assigned.is_null() { "" } else { " assigned" };
        let (id, previous) = (event.id, event.previous_event_id);
        format!(
            "{id}<{previous} {} {}{assigned}",
            event.kind,
            around.join("/")
        )
    });
    let expected = [
        "1<0 ExecutionStarted ",
        "2<1 MapStateEntered ",
        "3<2 MapStateStarted ",
        "4<3 MapIterationStarted ",
        "5<4 PassStateEntered ASome(0)",
        "6<5 PassStateExited ASome(0) assigned",
        "7<6 MapIterationSucceeded ",
        "8<3 MapIterationStarted ",
        "9<8 PassStateEntered ASome(1)",
        "10<9 PassStateExited ASome(1) assigned",
        "11<10 MapIterationSucceeded ",
        "12<11 MapStateSucceeded ",
        "13<12 MapStateExited ",
        "14<13 ParallelStateEntered ",
        "15<14 ParallelStateStarted ",
        "16<15 SucceedStateEntered BNone",
        "17<16 SucceedStateExited BNone",
        "18<17 ParallelStateSucceeded ",
        "19<18 ParallelStateExited ",
        "20<19 ExecutionSucceeded ",
    ];
    assert_eq!(events.collect::<Vec<_>>(), expected);
}
