//! Evaluates a policy's expression the way Step Functions does.

use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use serde_json::{Value, json};
use std::{env, fs};

/// The expression of one policy, in a state machine that evaluates it once.
pub struct Decider(Definition);

impl Decider {
    pub fn new(policy: &Policy) -> Self {
        let expression = exitwise_asl_compiler::decision_expression(policy).unwrap();
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
        Self(
            Definition::parse(&machine.to_string())
                .unwrap_or_else(|why| panic!("{why}\n{expression}")),
        )
    }

    /// Returns the errorState after this failure, `elapsed` seconds after the start of the execution.
    pub fn decide(&self, id: &str, task_error: &Value, error_state: &Value, elapsed: u64) -> Value {
        for levels in [2, 1, 0] {
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
            match self.0.run(execution, &mut NoTasks, &mut clock, &mut |_| {}) {
                ExecutionEnd::Succeeded { output } => return output,
                // The state machine then reads the Cause at fewer levels.
                ExecutionEnd::Failed { cause, .. } if levels > 0 && cause.contains("$parse") => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("the expression failed although it parsed nothing")
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
pub fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Returns the policy of a text without errors.
#[track_caller]
pub fn load(text: &str) -> Policy {
    Policy::load(text).unwrap_or_else(|why| panic!("{why}")).0
}

/// Checks that a file of this crate contains this text. If the environment variable `UPDATE_DOCS` is
/// set, writes the text to the file first.
#[track_caller]
pub fn assert_up_to_date(path: &str, text: &str) {
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
