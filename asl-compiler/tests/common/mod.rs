//! Evaluates a policy's expression the way Step Functions does.

use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, TaskFailure, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use serde_json::{Value, json};
use std::{env, fs};

/// The expression of one policy, in a state machine that evaluates it once.
pub(crate) struct Decider {
    machine: Definition,
    pub(crate) expression: String,
}

impl Decider {
    pub(crate) fn new(policy: &Policy) -> Self {
        let expression = exitwise_asl_compiler::decision_expression(policy).unwrap();
        Self::of_expression(expression).unwrap()
    }

    /// Creates a decider from any expression. `None` if it is not valid.
    pub(crate) fn of_expression(expression: String) -> Option<Self> {
        let machine = json!({
            "QueryLanguage": "JSONata",
            "StartAt": "Set",
            "States": {
                "Set": {
                    "Type": "Pass",
                    "Assign": {
                        "taskError": "{% $states.input.taskError %}",
                        "errorState": "{% $states.input.errorState %}",
                        "jsonLevels": "{% $states.input.jsonLevels %}",
                    },
                    "Next": "Wait",
                },
                "Wait": {
                    "Type": "Wait",
                    "Seconds": "{% $states.input.elapsed %}",
                    "Next": "Decide",
                },
                "Decide": {
                    "Type": "Pass",
                    "Output": format!("{{% {expression} %}}"),
                    "End": true,
                },
            },
        });
        let machine = Definition::parse(&machine.to_string()).ok()?;
        Some(Self {
            machine,
            expression,
        })
    }

    /// Returns the errorState after this failure, `elapsed` seconds after the start of the execution.
    pub(crate) fn decide(
        &self,
        id: &str,
        task_error: &Value,
        error_state: &Value,
        elapsed: u64,
    ) -> Value {
        self.try_decide(id, task_error, error_state, elapsed)
            .unwrap_or_else(|end| panic!("{end:?}"))
    }

    /// As `decide`, with the end of the execution if the expression fails.
    pub(crate) fn try_decide(
        &self,
        id: &str,
        task_error: &Value,
        error_state: &Value,
        elapsed: u64,
    ) -> Result<Value, ExecutionEnd> {
        let mut levels = 2;
        loop {
            let execution = Execution {
                id: id.to_owned(),
                input: json!({
                    "taskError": task_error,
                    "errorState": error_state,
                    "jsonLevels": levels,
                    "elapsed": elapsed,
                }),
                ..Execution::default()
            };
            let mut clock = VirtualClock::starting_at(time::OffsetDateTime::UNIX_EPOCH);
            match self
                .machine
                .run(execution, &mut NoTasks, &mut clock, &mut |_| {})
            {
                ExecutionEnd::Succeeded { output } => return Ok(output),
                // The state machine then reads the Cause at fewer levels.
                ExecutionEnd::Failed { cause, .. } if levels > 0 && cause.contains("$parse") => {
                    levels -= 1;
                }
                other => return Err(other),
            }
        }
    }
}

struct NoTasks;

impl Tasks for NoTasks {
    fn run(&mut self, _: TaskCall<'_>) -> Result<Value, TaskError> {
        panic!("the machine has no tasks")
    }
}

/// Returns the text of a file of this crate.
#[track_caller]
pub(crate) fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Returns the policy of a text without errors.
#[track_caller]
pub(crate) fn load(text: &str) -> Policy {
    Policy::load(text).unwrap_or_else(|why| panic!("{why}")).0
}

/// Checks that a file of this crate contains this text. If the environment variable `UPDATE_DOCS` is
/// set, writes the text to the file first.
#[track_caller]
pub(crate) fn assert_up_to_date(path: &str, text: &str) {
    let full_path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&full_path, text).unwrap();
    }
    let current = fs::read_to_string(&full_path).unwrap_or_default();
    let mut lines = text.lines().zip(current.lines());
    let difference = lines.find(|(expected, found)| expected != found);
    let command = "UPDATE_DOCS=1 cargo test -p exitwise-asl-compiler";
    assert!(
        text == current,
        "{path} is out of date, run `{command}` to update it; first difference: {difference:?}"
    );
}

/// A run of a task: `None` if it succeeds, else its `taskError`.
pub(crate) type Run = Option<Value>;

/// Runs tasks that fail as given, and then succeed; and ProcessError, with the deployed handler.
pub(crate) struct FailingTasks<'a> {
    pub(crate) runs: Vec<Run>,
    pub(crate) handler: &'a exitwise_lambda::Handler,
}

impl Tasks for FailingTasks<'_> {
    fn run(&mut self, call: TaskCall<'_>) -> Result<Value, TaskError> {
        if call.resource.ends_with("lambda:invoke") {
            let payload = call.input["Payload"].to_string();
            let answer = self.handler.answer(payload.as_bytes()).unwrap();
            return Ok(json!({"Payload": serde_json::to_value(answer).unwrap()}));
        }
        let run = match self.runs.is_empty() {
            true => None,
            false => self.runs.remove(0),
        };
        match run {
            None => Ok(json!({"Containers": []})),
            Some(task_error) => {
                let text = |name| task_error[name].as_str().unwrap_or_default();
                Err(TaskFailure::new(text("Error"), text("Cause")).into())
            }
        }
    }
}

/// What happened in an execution.
#[derive(Debug, PartialEq)]
pub(crate) struct Path {
    /// The names of the states, without prefixes.
    pub(crate) states: Vec<String>,
    pub(crate) end: ExecutionEnd,
    /// Time from the start to the end, in seconds.
    pub(crate) seconds: i64,
    pub(crate) history_events: u64,
}

/// Runs a definition from which Terraform would remove the markers.
pub(crate) fn run(
    definition: &str,
    policy: &Policy,
    runs: Vec<Run>,
    handler: &exitwise_lambda::Handler,
) -> Path {
    let container = policy.container().unwrap_or("app");
    let mut definition = definition
        .replace("\"@subnets@\"", "[\"subnet-1\", \"subnet-2\"]")
        .replace("\"@security_groups@\"", "[]")
        .replace("\"@policy@\"", &Value::from(policy.source()).to_string());
    for (marker, value) in [
        ("assign_public_ip", "ENABLED"),
        ("cluster_arn", "c"),
        ("task_definition_arn", "t"),
        ("container_name", container),
        ("function_arn", "f"),
    ] {
        definition = definition.replace(&format!("${{{marker}}}"), value);
    }
    let machine =
        Definition::parse(&definition).unwrap_or_else(|why| panic!("{why}\n{definition}"));
    let execution = Execution {
        id: "arn:x".to_owned(),
        input: json!({"commands": []}),
        ..Execution::default()
    };
    let mut clock = VirtualClock::starting_at(time::OffsetDateTime::UNIX_EPOCH);
    let mut tasks = FailingTasks { runs, handler };
    let (mut states, mut history_events, mut seconds) = (Vec::new(), 0, 0);
    let end = machine.run(execution, &mut tasks, &mut clock, &mut |event| {
        history_events = event.id;
        seconds = event.timestamp.unix_timestamp();
        if event.kind.ends_with("StateEntered") {
            let name = event.state.clone().unwrap_or_default();
            states.push(name.rsplit(": ").next().unwrap().to_owned());
        }
    });
    Path {
        states,
        end,
        seconds,
        history_events,
    }
}
