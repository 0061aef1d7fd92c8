//! For any policy and any failing task, an execution ends in success or in FatalError, within the
//! worst case of the policy. It runs through JSON, the handler and the deployed definition.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use exitwise::run::definition;
use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, HistoryEvent, MAX_HISTORY_EVENTS, TaskCall, TaskError,
    TaskFailure, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use exitwise_engine::analysis::{Example, WorstCase};
use exitwise_engine::policy::Rule;
use exitwise_lambda::Handler;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use testkit::failure::{any_json, errors, task_errors};
use testkit::policy::policies;
use time::OffsetDateTime;

/// A failed run of the task: the error name, and the error output that a Catch passes on.
type FailingRun = (String, Value);

/// Generates failed runs, as ECS and Step Functions report them or with arbitrary JSON.
///
/// `States.Runtime` and `States.DataLimitExceeded` end an execution, because `States.ALL` matches
/// neither.
fn failing_runs() -> impl Strategy<Value = FailingRun> {
    let odd = prop_oneof![4 => task_errors(), 1 => any_json()];
    (errors(), odd).prop_filter("no Catch handles these two", |(error, _)| {
        error != "States.Runtime" && error != "States.DataLimitExceeded"
    })
}

/// Stands for ECS and Lambda. The task fails with the listed failures, again and again, and may
/// succeed in the end. The function is the real handler.
struct World {
    failures: Vec<FailingRun>,
    succeeds_at: Option<usize>,
    runs: usize,
    handler: Handler,
    last_answer: Value,
}

impl Tasks for World {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        match call.state {
            "RunECSTask" => {
                let (error, output) = self.failures[self.runs % self.failures.len()].clone();
                self.runs += 1;
                let succeeds = self.succeeds_at.is_some_and(|run| self.runs > run);
                if succeeds {
                    Ok(json!({}))
                } else {
                    Err(TaskError::Failed(TaskFailure::with_output(error, output)))
                }
            }
            "ProcessError" => {
                let payload = call.input.get("Payload").unwrap().to_string();
                let answer =
                    serde_json::to_string(&self.handler.answer(payload.as_bytes()).unwrap())
                        .unwrap();
                self.last_answer = serde_json::from_str(&answer).unwrap();
                Ok(json!({"Payload": self.last_answer, "StatusCode": 200}))
            }
            other => panic!("{other} is not a task"),
        }
    }
}

/// An execution that has ended.
struct Course {
    end: ExecutionEnd,
    history: Vec<HistoryEvent>,
    world: World,
}

impl Course {
    fn of(policy: &Policy, failures: Vec<FailingRun>, succeeds_at: Option<usize>) -> Self {
        let text =
            definition::rendered(exitwise_asl_compiler::STANDARD_DEFINITION, policy).unwrap();
        let definition = Definition::parse(&text).unwrap();
        let execution = Execution {
            id: "arn:aws:states:us-east-1:123456789012:execution:exitwise:closed-loop".to_owned(),
            input: json!({"commands": ["NetworkError"]}),
            redrive_time: None,
        };
        let mut history = Vec::new();
        let mut clock = VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH);
        let handler = Handler::default();
        let mut world = World {
            failures,
            succeeds_at,
            runs: 0,
            handler,
            last_answer: Value::Null,
        };
        let end = definition.run(execution, &mut world, &mut clock, &mut |event| {
            history.push(event.clone())
        });
        Self {
            end,
            history,
            world,
        }
    }

    fn times(&self, kind: &str) -> usize {
        self.history
            .iter()
            .filter(|event| event.kind == kind)
            .count()
    }

    fn seconds(&self) -> u64 {
        let times = |index: usize| self.history[index].timestamp;
        u64::try_from((times(self.history.len() - 1) - times(0)).whole_seconds()).unwrap()
    }
}

proptest! {
    #![proptest_config(testkit::cases(100))]

    #[test]
    fn every_execution_ends_in_success_or_in_fatal_error_within_the_worst_case(
        text in policies(),
        failures in vec(failing_runs(), 1..8),
        succeeds_at in option::weighted(0.2, 0..6_usize),
    ) {
        let (policy, _) = Policy::load(&text).unwrap();
        let worst = WorstCase::of(&policy);
        let course = Course::of(&policy, failures, succeeds_at);
        let (runs, waits) = (course.world.runs, course.times("WaitStateEntered"));

        // CheckInput and Init make 5 events; RunECSTask, ProcessError and ErrorStateChoice 13; a
        // wait 2; FatalError 2; Succeeded 3; a successful run 6, and the end 1.
        let last_state = course.history.iter().rev().find_map(|event| event.state.as_deref());
        let by_rule = course.world.last_answer.get("type").is_some_and(|type_| type_ == "SUCCESS");
        let expected = match &course.end {
            ExecutionEnd::Succeeded { output } if by_rule => {
                let keys = ["outcome", "rule", "error", "cause"];
                let answer = keys.map(|key| course.world.last_answer.get(key));
                prop_assert_eq!(keys.map(|key| output.get(key)), answer);
                prop_assert_eq!(last_state, Some("Succeeded"));
                5 + 13 * runs + 2 * waits + 3
            }
            ExecutionEnd::Succeeded { .. } => 5 + 13 * (runs - 1) + 2 * waits + 7,
            ExecutionEnd::Failed { error, cause } => {
                let answer = |key: &str| course.world.last_answer.get(key).unwrap().as_str().unwrap();
                prop_assert_eq!([error.as_str(), cause, "FATAL"], [answer("error"), answer("cause"), answer("type")]);
                prop_assert_eq!(last_state, Some("FatalError"));
                5 + 13 * runs + 2 * waits + 2
            }
            ExecutionEnd::Aborted => 0,
        };
        prop_assert_eq!(course.history.len(), expected, "{:?}", course.end);
        prop_assert!(course.history.len() <= worst.history_events() as usize);
        prop_assert!(u64::from(worst.history_events()) <= MAX_HISTORY_EVENTS);
        prop_assert!(runs <= worst.runs() as usize, "{} runs of {}", runs, worst.runs());
        prop_assert!(course.seconds() <= worst.wait_seconds(), "{} s of {}", course.seconds(), worst.wait_seconds());
    }
}

/// The failures that `check` names for each shipped policy lead to its worst case.
#[test]
fn the_worst_case_of_each_policy_is_reached() {
    let policies = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../policies")).unwrap();
    let policies = policies
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension() == Some("toml".as_ref()));
    let mut seen = 0;
    for path in policies {
        let (policy, _) = Policy::load(&fs::read_to_string(&path).unwrap()).unwrap();
        let worst = WorstCase::of(&policy);
        let failing_run = |rule: &Rule| -> FailingRun {
            let Example { error, cause, .. } = policy.example(rule).unwrap();
            (
                error.clone().unwrap_or_default(),
                json!({"Error": error, "Cause": cause}),
            )
        };
        let failures = worst.witness().iter().flat_map(|(name, uses)| {
            let rule = policy.rule(name).unwrap();
            vec![failing_run(rule); *uses as usize]
        });
        // An execution that succeeds has one event more than one that fails.
        let mut ends = policy
            .rules()
            .iter()
            .filter(|rule| rule.outcome().is_some());
        let failures = failures.chain(ends.next().map(failing_run));
        let course = Course::of(&policy, failures.collect(), None);
        let (runs, events) = (course.world.runs, course.history.len());
        assert_eq!(
            (runs, events),
            (worst.runs() as usize, worst.history_events() as usize),
            "{}",
            path.display()
        );
        let exactly = !policy.source().contains("jitter = ");
        assert!(
            course.seconds() <= worst.wait_seconds(),
            "{}",
            path.display()
        );
        assert!(
            !exactly || course.seconds() == worst.wait_seconds(),
            "{}",
            path.display()
        );
        seen += 1;
    }
    assert_eq!(seen, 11);
}

/// The history of an execution has room for 1,000 retries, the maximum that a policy can allow.
#[test]
fn the_longest_execution_fits_its_history() {
    let text = testkit::policy::one_temporary_rule(1_000, "constant = \"99999s\"");
    let (policy, _) = Policy::load(&text).unwrap();
    let course = Course::of(
        &policy,
        vec![("States.TaskFailed".to_owned(), json!({}))],
        None,
    );
    assert_eq!((course.world.runs, course.seconds()), (1_001, 99_999_000));
    assert_eq!(course.history.len(), 5 + 13 * 1_001 + 2 * 1_000 + 2);
    assert!(
        matches!(course.end, ExecutionEnd::Failed { error, .. } if error == "RetriesExhausted.default")
    );
}
