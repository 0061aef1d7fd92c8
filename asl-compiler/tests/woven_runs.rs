//! Runs woven definitions.

use crate::common::{load, read};
use exitwise_asl_compiler::{Backend, StateChoice, WeaveTarget, weave};
use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, TaskFailure, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use exitwise_lambda::Handler;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::failure::{causes, errors};
use testkit::policy::policies;
use time::OffsetDateTime;

/// Answers calls of the task by a function, and those of ProcessError by the deployed function.
struct Answers<'a> {
    handler: &'a Handler,
    task: &'a mut dyn FnMut(&Value) -> Result<Value, TaskFailure>,
}

impl Tasks for Answers<'_> {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if !call.state.ends_with(": ProcessError") {
            return Ok((self.task)(call.input)?);
        }
        let payload = call.input["Payload"].to_string();
        let answer = self.handler.answer(payload.as_bytes()).unwrap();
        Ok(json!({ "Payload": answer }))
    }
}

/// A run: its end, and each state that was entered, with the seconds since the start.
type Course = (ExecutionEnd, Vec<(String, i64)>);

fn run(
    definition: &str,
    policy: &Policy,
    input: Value,
    task: &mut dyn FnMut(&Value) -> Result<Value, TaskFailure>,
) -> Course {
    let machine = Definition::parse(definition).unwrap_or_else(|why| panic!("{why}\n{definition}"));
    let handler = Handler::new(policy.clone());
    let mut tasks = Answers {
        handler: &handler,
        task,
    };
    let mut clock = VirtualClock::starting_at(OffsetDateTime::UNIX_EPOCH);
    let execution = Execution {
        input,
        ..Execution::default()
    };
    let mut states = Vec::new();
    let end = machine.run(execution, &mut tasks, &mut clock, &mut |event| {
        if event.kind.ends_with("StateEntered") {
            let state = event.state.clone().unwrap_or_default();
            states.push((state, event.timestamp.unix_timestamp()));
        }
    });
    (end, states)
}

fn woven(source: &str, state: &str, policy: &Policy, backend: &Backend) -> String {
    let target = WeaveTarget {
        states: StateChoice::Named(state),
        policy,
        policy_name: "policy.toml",
    };
    weave(source, &[target], backend)
        .unwrap_or_else(|why| panic!("{why}"))
        .text
}

fn function() -> Backend {
    Backend::Lambda {
        function: "ProcessError".to_owned(),
    }
}

const ONE_TASK: &str = r#"{
  "QueryLanguage": "JSONata",
  "StartAt": "Train",
  "States": {
    "Train": {
      "Type": "Task",
      "Resource": "arn:aws:states:::ecs:runTask.sync",
      "Arguments": { "TaskDefinition": "train" },
      "Catch": [{ "ErrorEquals": ["States.TaskFailed"], "Output": "{% $states.errorOutput %}", "Next": "Failed" }],
      "Next": "Trained"
    },
    "Trained": { "Type": "Succeed" },
    "Failed": { "Type": "Succeed" }
  }
}"#;

/// Returns a course without the states that only one of the backends has.
fn comparable((end, states): Course) -> Course {
    let mut states: Vec<_> = states
        .into_iter()
        .filter(|(state, _)| !state.ends_with(": ReadCauseAsText"))
        .collect();
    states.dedup();
    (end, states)
}

proptest! {
    #![proptest_config(testkit::cases(200))]

    #[test]
    fn both_backends_take_the_same_course(
        text in policies(),
        failures in vec((errors(), causes()), 0..8),
    ) {
        let policy = load(&text);
        let courses = [Backend::Native, function()].map(|backend| {
            let mut failures = failures.iter();
            let mut task = |_: &Value| match failures.next() {
                Some((error, cause)) => Err(TaskFailure::new(error, cause)),
                None => Ok(json!({"TaskArn": "arn"})),
            };
            let definition = woven(ONE_TASK, "Train", &policy, &backend);
            comparable(run(&definition, &policy, json!({"n": 1}), &mut task))
        });
        let [native, lambda] = courses;
        prop_assert_eq!(&native, &lambda);
        let (_, states) = &native;
        let names: Vec<_> = states.iter().map(|(state, _)| state.as_str()).collect();
        prop_assert!(matches!(names.as_slice(), [.., "Trained" | "Failed"]), "{:?}", names);
    }
}

/// Returns the Cause of a task whose container exited with this code.
fn cause(code: u32) -> String {
    let task = json!({
        "Containers": [{"Name": "app", "ExitCode": code}],
        "StopCode": "EssentialContainerExited",
    });
    task.to_string()
}

#[test]
fn each_item_of_a_map_has_its_own_counters() {
    let policy = load(&read("tests/weave/train.toml"));
    let source = read("tests/weave/map.asl.json");
    for backend in [Backend::Native, function()] {
        let definition = woven(&source, "Train", &policy, &backend);
        let definition = plain(&definition);
        // The exit codes of each item's runs.
        let mut codes = [("a", vec![4, 4, 0]), ("b", vec![3]), ("c", vec![4, 0])];
        let mut task = |call: &Value| {
            let item = &call["Overrides"]["ContainerOverrides"][0]["Command"][0];
            let (_, codes) = codes.iter_mut().find(|(name, _)| item == name).unwrap();
            match codes.remove(0) {
                0 => Ok(json!({"TaskArn": item, "Overrides": {"Name": "x"}})),
                code => Err(TaskFailure::new("States.TaskFailed", cause(code))),
            }
        };
        let (end, states) = run(&definition, &policy, json!({}), &mut task);
        let output = json!([
            {"arn": "a", "shard": "a"},
            {"skipped": "Fatal.bad-input"},
            {"arn": "c", "shard": "c"},
        ]);
        assert_eq!(end, ExecutionEnd::Succeeded { output });
        let waits = states
            .iter()
            .filter(|(state, _)| state == "Train: WaitBeforeRetry");
        assert_eq!(waits.count(), 3);
    }
}

/// Returns a definition without its comments and markers.
fn plain(definition: &str) -> String {
    let lines = definition
        .lines()
        .map(|line| match line.split_once("${json") {
            Some((before, _)) => format!("{before}[] }}"),
            None => {
                let comment = line.find("// ").or(line.find("/* "));
                line[..comment.unwrap_or(line.len())].to_owned()
            }
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_task_that_succeeds_gives_the_same_output_as_before() {
    let results = [
        json!({"A": {"B": 1}}),
        json!([]),
        json!([5]),
        json!([[1, 2]]),
        json!([{"A": 1}, {"A": 2}]),
        json!(null),
        json!("text"),
        json!({"A": [1, 2, 3]}),
    ];
    let outputs = [
        "$states.result",
        "{'all': $states.result, 'n': $count($states.result)}",
        "[$states.result.A]",
        "{'a': $states.result.A.B}",
        "{'first': $states.result[0]}",
        "{'last': $states.result[-1]}",
        "{'big': $states.result[$ > 1]}",
        "{'kept': $states.result.A[]}",
        "$merge([$states.input, {'result': $states.result}])",
        "$states.input",
        "{'each': $map($states.result, function($v) { $v })}",
        "($x := $states.result; {'x': $x})",
        "$states.result ~> $string",
    ];
    let policy = load(&read("tests/weave/train.toml"));
    for output in outputs.iter().map(Some).chain([None]) {
        let output_key = match output {
            Some(output) => format!("\"Output\": \"{{% {output} %}}\", "),
            None => String::new(),
        };
        let source = ONE_TASK.replace("\"Catch\"", &format!("{output_key}\"Catch\""));
        let definition = woven(&source, "Train", &policy, &Backend::Native);
        for result in &results {
            let input = json!({"input": true});
            let [before, after] = [&source, &definition].map(|definition| {
                run(definition, &policy, input.clone(), &mut |_| {
                    Ok(result.clone())
                })
                .0
            });
            // The cause quotes the expression.
            let [before, after] = [before, after].map(|end| match end {
                ExecutionEnd::Failed { error, .. } => Err(error),
                other => Ok(other),
            });
            assert_eq!(before, after, "{output:?} of {result}");
        }
    }
}

#[test]
fn success_rules_end_the_state_with_their_outcome() {
    let policy = load(&read("tests/weave/nothing-to-do.toml"));
    for backend in [Backend::Native, function()] {
        let definition = woven(ONE_TASK, "Train", &policy, &backend);
        let mut task = |_: &Value| Err(TaskFailure::new("States.TaskFailed", cause(7)));
        let (end, _) = run(&definition, &policy, json!({}), &mut task);
        let ExecutionEnd::Succeeded { output } = end else {
            panic!("{end:?}")
        };
        let outcome = [&output["outcome"], &output["rule"]];
        assert_eq!(outcome, [&json!("skipped"), &json!("nothing-to-do")]);
    }
}
