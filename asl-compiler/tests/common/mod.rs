//! Evaluates a policy's expression the way Step Functions does.

use exitwise_asl_runner::{
    Definition, Execution, ExecutionEnd, TaskCall, TaskError, Tasks, VirtualClock,
};
use exitwise_engine::Policy;
use serde_json::{Value, json};

/// The expression of one policy, in a state machine that evaluates it once.
pub(crate) struct Decider {
    machine: Definition,
    pub(crate) expression: String,
}

impl Decider {
    pub(crate) fn new(policy: &Policy) -> Self {
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
        let machine = Definition::parse(&machine.to_string());
        let machine = machine.unwrap_or_else(|why| panic!("{why}"));
        Self {
            machine,
            expression,
        }
    }

    /// Returns the errorState after this failure, `elapsed` seconds after the start of the execution.
    pub(crate) fn decide(
        &self,
        id: &str,
        task_error: &Value,
        error_state: &Value,
        elapsed: u64,
    ) -> Value {
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
            match self
                .machine
                .run(execution, &mut NoTasks, &mut clock, &mut |_| {})
            {
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
