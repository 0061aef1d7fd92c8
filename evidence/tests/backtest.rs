//! What a policy would have done in executions that really happened.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use exitwise_engine::Policy;
use exitwise_evidence::backtest::{Judge, Judged, Left, Memory, Tally};
use exitwise_evidence::history::History;
use exitwise_evidence::{Batches, RecordedFailure, Recording, Recordings};
use serde_json::{Value, json};
use std::sync::Arc;

const POLICY: &str = r#"
version = 1
container = "app"
[limits]
max_retries = 3
[exit_codes]
Bad = 3
Network = 4
[[rule]]
name = "bad"
when = { exit_code = "Bad" }
type = "FATAL"
[[rule]]
name = "done"
when = { exit_code = 9 }
type = "SUCCESS"
[[rule]]
name = "network"
when = { exit_code = "Network" }
type = "TEMPORARY"
max_retries = 2
backoff = { constant = "60s" }
[default]
type = "RETRIABLE"
[price]
vcpu_hour = 1.0
gb_hour = 0.0
currency = "USD"
"#;

/// The events of an execution that runs the task once for each exit code; 0 is a success. Each run takes an
/// hour of one vCPU.
fn events(exit_codes: &[i64]) -> Vec<Value> {
    let mut events = vec![json!({"type": "ExecutionStarted"})];
    events.push(json!({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Run"}}));
    for code in exit_codes {
        events.push(
            json!({"type": "TaskScheduled", "taskScheduledEventDetails": {"resourceType": "ecs"}}),
        );
        let cause = json!({
            "Containers": [{"Name": "app", "ExitCode": code}], "Cpu": "1024", "Memory": "2048",
            "StartedAt": 1_790_000_000_000_u64, "StoppedAt": 1_790_003_600_000_u64, "TaskArn": "t",
        });
        events.push(match code {
            0 => json!({"type": "TaskSucceeded", "taskSucceededEventDetails": {"resourceType": "ecs"}}),
            _ => json!({"type": "TaskFailed", "taskFailedEventDetails": {
                "resourceType": "ecs", "error": "States.TaskFailed", "cause": cause.to_string(),
            }}),
        });
    }
    let end = if exit_codes.last() == Some(&0) {
        "Succeeded"
    } else {
        "Failed"
    };
    events.push(json!({"type": format!("Execution{end}")}));
    for (id, event) in (1..).zip(&mut events) {
        let members = event.as_object_mut().unwrap();
        members.insert("id".into(), json!(id));
        members.insert("previousEventId".into(), json!(id - 1));
        members.insert(
            "timestamp".into(),
            json!(format!("2026-09-01T02:00:{id:02}Z")),
        );
    }
    events
}

fn history(events: &[Value]) -> History {
    let file = json!({"events": events}).to_string();
    let mut recordings = Recordings::read(file.as_bytes()).unwrap();
    match recordings.all.pop() {
        Some(Recording::History(history)) => history,
        other => panic!("{other:?}"),
    }
}

fn tally(histories: &[&[i64]]) -> Tally {
    let policy = Policy::load(POLICY).unwrap().0;
    let judge = Judge::new(&policy, None);
    let (mut tally, file): (_, Arc<str>) = (Tally::default(), "file".into());
    for codes in histories {
        judge.add_history(&mut tally, &history(&events(codes)), &file);
    }
    tally
}

/// The number of runs that are certainly saved, with the hours.
fn saved(tally: &Tally) -> Value {
    let outcomes = &tally.outcomes;
    let rows = [&outcomes.stopped, &outcomes.lost, &outcomes.succeeded].map(|row| {
        assert_eq!(row.saved.cpu_seconds, row.saved.seconds * 1_024);
        json!([row.states, row.saved.runs, row.saved.seconds / 3_600])
    });
    json!({
        "stopped": rows[0], "lost": rows[1], "succeeded": rows[2],
        "goneOn": outcomes.gone_on.states, "same": outcomes.same,
    })
}

#[test]
fn what_is_certain_is_told_from_what_is_possible() {
    let none = json!([0, 0, 0]);
    let expect = |codes: &[i64], expected: Value| {
        let mut all = json!({
            "stopped": none, "lost": none, "succeeded": none, "goneOn": 0, "same": 0,
        });
        for (key, value) in expected.as_object().unwrap() {
            all[key] = value.clone();
        }
        let tally = tally(&[codes]);
        assert_eq!(saved(&tally), all, "{codes:?}");
        assert_eq!(tally.outcomes.states(), 1, "{codes:?}");
        let failures = codes.iter().filter(|code| **code != 0).count();
        assert_eq!(tally.failures(), u64::try_from(failures).unwrap());
    };
    // It ends where the policy ends it.
    expect(&[3], json!({"same": 1}));
    expect(&[4, 4, 4], json!({"same": 1}));
    expect(&[4, 0], json!({"same": 1}));
    expect(&[4, 3], json!({"same": 1}));
    expect(&[1, 1, 1, 1], json!({"same": 1}));
    // The policy stops earlier.
    expect(&[3, 3, 3], json!({"stopped": [1, 2, 2]}));
    expect(&[4, 4, 4, 4], json!({"stopped": [1, 1, 1]}));
    expect(&[4, 1, 3, 1, 1], json!({"stopped": [1, 2, 2]}));
    expect(&[1, 1, 1, 1, 1], json!({"stopped": [1, 1, 1]}));
    // A later run succeeded, whose time is not known.
    expect(&[3, 0], json!({"lost": [1, 1, 0]}));
    expect(&[3, 4, 0], json!({"lost": [1, 2, 1]}));
    expect(&[4, 4, 4, 0], json!({"lost": [1, 1, 0]}));
    // A SUCCESS rule.
    expect(&[9], json!({"succeeded": [1, 0, 0]}));
    expect(&[4, 9, 9], json!({"succeeded": [1, 1, 1]}));
    // It goes on.
    expect(&[1], json!({"goneOn": 1}));
    expect(&[4, 4], json!({"goneOn": 1}));
}

/// Earlier attempts may be missing, so nothing is certain.
#[test]
fn a_history_without_its_beginning_only_counts_failures() {
    let policy = Policy::load(POLICY).unwrap().0;
    let judge = Judge::new(&policy, None);
    let events = events(&[3, 3]);
    for (first, states) in [(0, 1), (1, 0)] {
        let mut tally = Tally::default();
        judge.add_history(&mut tally, &history(&events[first..]), &"file".into());
        assert_eq!((tally.failures(), tally.outcomes.states()), (2, states));
    }
}

#[test]
fn what_followed_a_kind_of_failure_is_counted() {
    let tally = tally(&[&[1, 1, 0], &[1], &[3], &[4, 1, 0]]);
    assert_eq!((tally.failures(), tally.unknown()), (6, 4));
    let kinds: Vec<_> = tally.signatures.values().collect();
    let [unknown] = &*kinds else {
        panic!("several kinds")
    };
    assert_eq!(
        (unknown.seen.count, unknown.followed, unknown.then_succeeded),
        (4, 3, 2)
    );
    assert_eq!((unknown.timed, unknown.ran_for), (4, 4 * 3_600_000));
}

#[test]
fn what_is_no_failure_of_a_container_is_left_out() {
    let policy = Policy::load(POLICY).unwrap().0;
    let judge = Judge::new(&policy, None);
    let event = |service: &str, cause: Option<&str>| {
        let file = json!({"events": [
            {"id": 1, "type": "ExecutionStarted"},
            {"id": 2, "previousEventId": 1, "type": "TaskFailed", "taskFailedEventDetails":
                {"resourceType": service, "error": cause.map(|_| "E"), "cause": cause}},
            {"id": 3, "previousEventId": 2, "type": "ExecutionFailed"},
        ]});
        let mut recordings = Recordings::read(file.to_string().as_bytes()).unwrap();
        match recordings.all.pop() {
            Some(Recording::History(history)) => history,
            other => panic!("{other:?}"),
        }
    };
    for (service, cause, failures, other_tasks, without_data) in [
        ("ecs", Some("x"), 1, 0, 0),
        ("aws-sdk:ecs", Some("x"), 1, 0, 0),
        ("batch", Some("x"), 1, 0, 0),
        ("states", Some("x"), 1, 0, 0),
        ("dynamodb", Some("x"), 0, 1, 0),
        ("aws-sdk:s3", Some("x"), 0, 1, 0),
        ("ecs", None, 0, 0, 1),
    ] {
        let history = event(service, cause);
        let (mut tally, mut left) = (Tally::default(), Left::default());
        judge.add_history(&mut tally, &history, &"file".into());
        left.add_history(&history);
        let counts = (tally.failures(), left.other_tasks, left.without_data);
        assert_eq!(counts, (failures, other_tasks, without_data), "{service}");
    }
}

/// The result does not depend on which worker read which part of a file.
#[test]
fn samples_are_the_first_different_failures() {
    let policy = Policy::load(POLICY).unwrap().0;
    let judges = [Judge::new(&policy, None)];
    // 25 reasons of an unknown failure and 5 of a known one, each of them three times in a row.
    let event = |id: usize, code: i64, reason: String| {
        let task = json!({"taskArn": format!("arn:{id}"), "lastStatus": "STOPPED", "stoppedReason": "x",
            "containers": [{"name": "app", "exitCode": code, "reason": reason}]});
        json!({"detail-type": "ECS Task State Change", "detail": task}).to_string()
    };
    let numbers = || (0..25).flat_map(|it| [it; 3]);
    let unknown = numbers()
        .enumerate()
        .map(|(id, it)| event(id, 1, format!("seat {it}")));
    let known = numbers()
        .enumerate()
        .map(|(id, it)| event(id, 3, format!("seat {}", it % 5)));
    let lines: Vec<_> = unknown.zip(known).flat_map(<[String; 2]>::from).collect();
    let samples = |lines_at_once: usize, workers: usize| {
        let mut sum = Tally::default();
        let mut memories: Vec<_> = (0..workers).map(|_| Memory::new(&judges)).collect();
        for (number, lines) in lines.chunks(lines_at_once).enumerate() {
            let file = lines.join("\n");
            let mut batches = Batches::new(file.as_bytes());
            let batch = batches.next().unwrap().unwrap();
            let memory = &mut memories[number % workers];
            let judged = Judged::of(&judges, memory, &batch, &"file".into());
            judged.tallies.into_iter().for_each(|it| sum.merge(it));
        }
        let all = sum
            .signatures
            .values()
            .map(|it| &it.samples)
            .chain(sum.samples.values());
        let references = |it: &Vec<RecordedFailure>| {
            it.iter()
                .map(|it| it.reference.clone().unwrap())
                .collect::<Vec<_>>()
        };
        all.map(references).collect::<Vec<_>>()
    };
    let first = |count| {
        (0..count)
            .map(|it| format!("arn:{}", 3 * it))
            .collect::<Vec<_>>()
    };
    let expected = vec![first(20), first(3)];
    for (lines_at_once, workers) in [(150, 1), (1, 1), (1, 2), (7, 3), (40, 2)] {
        assert_eq!(
            samples(lines_at_once, workers),
            expected,
            "{lines_at_once} {workers}"
        );
    }
}

/// A mistake in one document does not hide what helps with another one.
#[test]
fn an_event_that_cannot_be_read_has_no_help() {
    let policy = Policy::load(POLICY).unwrap().0;
    let judges = [Judge::new(&policy, None)];
    let file = "{\"taskError\": null}\n{\"executions\": []}\n";
    let batch = Batches::new(file.as_bytes()).next().unwrap().unwrap();
    let mut memory = Memory::new(&judges);
    let left = Judged::of(&judges, &mut memory, &batch, &"file".into()).left;
    let reasons: Vec<_> = left
        .unreadable_examples
        .iter()
        .map(|(_, why)| &**why)
        .collect();
    let [event, list] = &*reasons else {
        panic!("{reasons:?}")
    };
    assert!(event.starts_with("it is an event of ProcessError that cannot be read"));
    assert_eq!(*list, "it is a list of executions");
    assert!(left.help.unwrap().starts_with("get the history of each"));
}
