//! Whole state machines for other programs: definitions for validators, and executions for another
//! interpreter. `.ci/native` passes them on.

use exitwise_asl_compiler::{
    Backend, StateChoice, WeaveTarget, native_problems, standard_machine, weave,
};
use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, TaskFailure, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use exitwise_lambda::DEFAULT_POLICY;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use testkit::failure::{causes, errors};
use testkit::policy::policies;

/// Number of generated policies. Each is in every workflow of [`WORKFLOWS`].
const POLICIES: usize = 18;

/// The execution's ID in sfnx.
const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:machine:execution";

/// State machines in JSONata whose tasks `Train` and `Score` get a policy. A task is told apart from
/// others by its `Group`.
const WORKFLOWS: [(&str, &str); 5] = [
    ("task", include_str!("workflows/task.asl.json")),
    ("results", include_str!("workflows/results.asl.json")),
    ("map", include_str!("workflows/map.asl.json")),
    ("parallel", include_str!("workflows/parallel.asl.json")),
    ("nested", include_str!("workflows/nested.asl.json")),
];

/// State machines in JSONPath, which the other interpreter cannot run.
const JSON_PATH_WORKFLOWS: [(&str, &str); 3] = [
    (
        "path-results",
        include_str!("workflows/path-results.asl.json"),
    ),
    ("path-map", include_str!("workflows/path-map.asl.json")),
    ("path-mixed", include_str!("workflows/path-mixed.asl.json")),
];

/// A policy whose limits in time are reached soon.
const IMPATIENT: &str = r#"
    version = 1
    container = "app"
    [limits]
    max_retries = 20
    max_elapsed = "3m"
    [[rule]]
    name = "with-exit-code"
    when = { exit_code = "0..=255" }
    type = "TEMPORARY"
    backoff = { constant = "90s", jitter = "equal" }
    [default]
    type = "TEMPORARY"
    backoff = { exponential = { initial = "10s", factor = 3 }, cap = "1h" }
"#;

/// A policy whose limit on waiting is reached soon.
const PATIENT: &str = r#"
    version = 1
    [limits]
    max_retries = 20
    max_total_wait = "4m"
    [default]
    type = "TEMPORARY"
    backoff = { exponential = { initial = "10s", factor = 3 }, cap = "1h", jitter = "full" }
"#;

/// The runs of a task: `None` if it succeeds, else its `taskError`. All later runs succeed.
type Runs = Vec<Option<Value>>;

fn load(text: &str) -> Policy {
    let (policy, _) = Policy::load(text).unwrap();
    assert_eq!(native_problems(&policy), []);
    policy
}

/// Returns the standard state machine as Terraform deploys it.
fn standard(policy: &Policy) -> String {
    let container = policy.container().unwrap_or("app");
    standard_machine(policy, "policy.toml", &Backend::Native)
        .unwrap()
        .replace("\"@subnets@\"", "[\"subnet-1\", \"subnet-2\"]")
        .replace("\"@security_groups@\"", "[]")
        .replace("${assign_public_ip}", "ENABLED")
        .replace("${cluster_arn}", "cluster")
        .replace("${task_definition_arn}", "train")
        .replace("${container_name}", container)
}

/// Weaves a policy into all tasks that run containers.
fn woven(workflow: &str, policy: &Policy, backend: &Backend) -> String {
    let target = WeaveTarget {
        states: StateChoice::ContainerTasks,
        policy,
        policy_name: "policy.toml",
    };
    weave(workflow, &[target], backend).unwrap().text
}

/// Runs tasks that fail as given.
struct ScriptedTasks {
    runs: BTreeMap<String, std::vec::IntoIter<Option<Value>>>,
    calls: Vec<String>,
}

impl Tasks for ScriptedTasks {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        let group = call.input["Group"].as_str().unwrap_or_default();
        self.calls.push(group.to_owned());
        let run = self.runs.get_mut(group).and_then(Iterator::next).flatten();
        match run {
            None => Ok(json!({"TaskArn": format!("task-of-{group}"), "Containers": []})),
            Some(task_error) => {
                let text = |name| task_error[name].as_str().unwrap_or_default();
                Err(TaskFailure::new(text("Error"), text("Cause")).into())
            }
        }
    }
}

/// Runs a definition, and returns it with all that must happen.
fn execution(definition: &str, runs: &BTreeMap<String, Runs>) -> Value {
    let machine = Definition::parse(definition).unwrap_or_else(|why| panic!("{why}\n{definition}"));
    let mut tasks = ScriptedTasks {
        runs: runs
            .iter()
            .map(|(group, runs)| (group.clone(), runs.clone().into_iter()))
            .collect(),
        calls: Vec::new(),
    };
    let input = json!({"commands": [], "shards": ["a", "b", "c"]});
    let execution = Execution {
        id: EXECUTION.to_owned(),
        input: input.clone(),
        ..Execution::default()
    };
    let mut clock = VirtualClock::starting_at(time::OffsetDateTime::UNIX_EPOCH);
    let (mut states, mut waits, mut entered) = (Vec::new(), Vec::new(), 0);
    let end = machine.run(execution, &mut tasks, &mut clock, &mut |event| {
        let now = event.timestamp.unix_timestamp();
        if event.kind.ends_with("StateEntered") {
            states.push(event.state.clone().unwrap_or_default());
        }
        match event.kind.as_str() {
            "WaitStateEntered" => entered = now,
            "WaitStateExited" => waits.push(now - entered),
            _ => {}
        }
    });
    let end = match end {
        ExecutionEnd::Succeeded { output } => json!({ "output": output }),
        ExecutionEnd::Failed { error, cause } => json!({"error": error, "cause": cause}),
        other => panic!("{other:?}"),
    };
    json!({
        "definition": serde_json::from_str::<Value>(definition).unwrap(),
        "input": input,
        "runs": runs,
        "states": states,
        "waits": waits,
        "calls": tasks.calls,
        "end": end,
    })
}

/// Generates the runs of each task of [`WORKFLOWS`]. Often a task fails in the same way again and
/// again, so that limits are reached.
fn runs() -> impl Strategy<Value = BTreeMap<String, Runs>> {
    let failure = (errors(), causes(), 0..24_u8).prop_map(|(error, cause, how)| match how {
        0 => json!({"Error": "States.Timeout", "Cause": ""}),
        // Step Functions cuts long Causes.
        1 => json!({"Error": "States.TaskFailed", "Cause": "{\"StopCode\":\"SpotInterruption\",\"Stop"}),
        _ => json!({"Error": error, "Cause": cause}),
    });
    let runs = prop_oneof![
        3 => vec(failure.clone().prop_map(Some), 0..5),
        2 => (failure, 1..9_usize).prop_map(|(failure, times)| vec![Some(failure); times]),
    ];
    vec(runs, 6).prop_map(|runs| {
        let groups = ["", "a", "b", "c", "train", "score"].map(str::to_owned);
        groups.into_iter().zip(runs).collect()
    })
}

/// Returns the policies of the definitions: the shipped ones, then generated ones.
fn policy_texts(runner: &mut TestRunner) -> Vec<String> {
    let shipped = [
        DEFAULT_POLICY,
        include_str!("../../policies/batch.toml"),
        include_str!("../../policies/growing.toml"),
        include_str!("../../policies/spot-first.toml"),
        IMPATIENT,
        PATIENT,
    ];
    let mut texts: Vec<_> = shipped.map(str::to_owned).into();
    let generated = std::iter::repeat_with(|| policies().new_tree(runner).unwrap().current().0);
    texts.extend(generated.take(POLICIES));
    texts
}

#[test]
fn another_interpreter_gets_executions() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("executions.jsonl");
    let mut corpus = fs::File::create(&path).unwrap();
    let mut runner = TestRunner::deterministic();
    let mut ends = BTreeMap::<String, usize>::new();
    for text in policy_texts(&mut runner) {
        let policy = load(&text);
        let mut machines = vec![("standard", standard(&policy)); 5];
        machines.extend(
            WORKFLOWS.map(|(name, workflow)| (name, woven(workflow, &policy, &Backend::Native))),
        );
        for (name, machine) in machines {
            let runs = runs().new_tree(&mut runner).unwrap().current();
            let mut execution = execution(&machine, &runs);
            let error = execution["end"]["error"].as_str().unwrap_or("output");
            let kind = error.split('.').next().unwrap_or_default().to_owned();
            *ends.entry(kind).or_default() += 1;
            execution["name"] = name.into();
            writeln!(corpus, "{execution}").unwrap();
        }
    }
    // Each kind of end occurs.
    for kind in [
        "output",
        "Fatal",
        "RetriesExhausted",
        "WaitBudgetSpent",
        "DeadlineReached",
    ] {
        assert!(ends.contains_key(kind), "{kind}: {ends:?}");
    }
}

#[test]
fn validators_get_definitions() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("definitions");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut runner = TestRunner::deterministic();
    let function = Backend::Lambda {
        function: "ProcessError".to_owned(),
    };
    let mut written = 0;
    for (n, text) in policy_texts(&mut runner).into_iter().enumerate() {
        let policy = load(&text);
        let mut write = |name: &str, definition: &str| {
            written += 1;
            fs::write(folder.join(format!("{n}-{name}.asl.json")), definition).unwrap();
        };
        write("standard", &standard(&policy));
        for (name, workflow) in WORKFLOWS.into_iter().chain(JSON_PATH_WORKFLOWS) {
            write(name, &woven(workflow, &policy, &Backend::Native));
            if n % 6 == 0 {
                write(
                    &format!("{name}-lambda"),
                    &woven(workflow, &policy, &function),
                );
            }
        }
        // In a definition on one line, and without anything but the task.
        let compact: Map<String, Value> = serde_json::from_str(WORKFLOWS[0].1).unwrap();
        let compact = Value::Object(compact).to_string();
        write("compact", &woven(&compact, &policy, &Backend::Native));
    }
    assert!(written >= 200, "{written}");
}
