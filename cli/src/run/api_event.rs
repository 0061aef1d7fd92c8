//! The events of an execution as the API of Step Functions describes them.

use exitwise_asl_runner::HistoryEvent;
use exitwise_reports::json::sorted;
use serde_json::{Map, Value, json};

/// The region of every resource in the definition that `run` fills in.
const REGION: &str = "us-east-1";

/// Turns the events of an execution, in their order, into the form of the API.
#[derive(Default)]
pub(super) struct ApiEvents {
    /// The service and the action of the current task, such as `ecs` and `runTask.sync`.
    resource: (String, String),
}

impl ApiEvents {
    /// One event as `aws stepfunctions get-execution-history` prints it. Its details have a key
    /// that depends on its type, and JSON documents in them are strings.
    ///
    /// Source: Step Functions API Reference, HistoryEvent and its details.
    pub(super) fn next(&mut self, event: &HistoryEvent) -> Value {
        let kind = event.kind.as_str();
        let detail = |key| event.details.get(key);
        let mut details = Map::new();
        if let Some(resource) = detail("resource").and_then(Value::as_str) {
            let (_, name) = resource.rsplit_once(":::").unwrap_or(("", resource));
            let (service, action) = name.split_once(':').unwrap_or(("", name));
            self.resource = (service.to_owned(), action.to_owned());
        }
        let is_function = kind.starts_with("LambdaFunction");
        let is_state = kind.ends_with("StateEntered") || kind.ends_with("StateExited");
        if kind.starts_with("Task") && !is_state {
            details.insert("resourceType".into(), json!(self.resource.0));
            details.insert("resource".into(), json!(self.resource.1));
        } else if kind == "LambdaFunctionScheduled" {
            details.extend(detail("resource").map(|arn| ("resource".into(), arn.clone())));
        } else if is_state {
            details.extend(
                event
                    .state
                    .as_ref()
                    .map(|name| ("name".into(), json!(name))),
            );
        }
        for key in ["input", "output"] {
            if let Some(document) = detail(key) {
                details.insert(key.into(), json!(sorted(document.clone()).to_string()));
                details.insert(format!("{key}Details"), json!({"truncated": false}));
            }
        }
        if let Some(parameters) = detail("parameters") {
            let parameters = json!(sorted(parameters.clone()).to_string());
            if is_function {
                details.insert("input".into(), parameters);
            } else {
                details.insert("parameters".into(), parameters);
                details.insert("region".into(), json!(REGION));
            }
        }
        if let Some(assigned) = detail("assigned").and_then(Value::as_object) {
            let variables = assigned.iter();
            let variables = variables.map(|(name, value)| {
                let value = sorted(value.clone()).to_string();
                (name.clone(), Value::String(value))
            });
            details.insert("assignedVariables".into(), variables.collect());
            details.insert(
                "assignedVariablesDetails".into(),
                json!({"truncated": false}),
            );
        }
        for key in ["error", "cause", "length", "name", "index"] {
            details.extend(detail(key).map(|value| (key.into(), value.clone())));
        }
        let mut printed = json!(event);
        if let Some(printed) = printed.as_object_mut() {
            printed.remove("state");
            printed.remove("details");
            if !(details.is_empty() && kind.contains("State")) {
                printed.insert(details_key(kind), details.into());
            }
        }
        sorted(printed)
    }
}

/// The key of the details of an event.
fn details_key(kind: &str) -> String {
    if kind.ends_with("StateEntered") {
        return "stateEnteredEventDetails".into();
    }
    if kind.ends_with("StateExited") {
        return "stateExitedEventDetails".into();
    }
    let (first, rest) = kind.split_at_checked(1).unwrap_or((kind, ""));
    format!("{}{rest}EventDetails", first.to_lowercase())
}
