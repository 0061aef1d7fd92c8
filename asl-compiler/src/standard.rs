//! The standard state machine, which runs one ECS task under one policy.

use crate::decision::LoopKey;
use crate::error::CompileError;
use crate::facts::facts;
use crate::json::{Edits, Fragment, Layout, Node, SourceDocument};
use crate::jsonata::{call, var};
use crate::states::{Backend, Language, RetryLoop};
use crate::weave::mark;
use exitwise_engine::Policy;

/// The definition of the standard state machine as Terraform deploys it, with the Lambda function and
/// with markers for the settings of a deployment.
pub const STANDARD_DEFINITION: &str = include_str!("../embedded/state-machine.asl.json");

/// The marker of [`STANDARD_DEFINITION`] for the function.
pub const FUNCTION_MARKER: &str = "${function_arn}";

/// The marker of [`STANDARD_DEFINITION`] for the text of the policy.
const POLICY_MARKER: &str = "\"@policy@\"";

/// Returns the standard state machine for a policy. Its markers for the settings of a deployment, such
/// as `${cluster_arn}`, remain. `policy_name` is the policy's file, for people.
///
/// With the Lambda function `${function_arn}` it is [`STANDARD_DEFINITION`], byte for byte: there, the
/// policy also remains a marker.
///
/// # Examples
///
/// ```
/// use exitwise_asl_compiler::{Backend, standard_machine};
/// use exitwise_engine::Policy;
///
/// let (policy, _) = Policy::load("version = 1\nlimits.max_retries = 3\n")?;
/// let machine = standard_machine(&policy, "policy.toml", &Backend::Native)?;
/// assert!(!machine.contains("lambda:invoke"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the policy needs the Lambda function.
pub fn standard_machine(
    policy: &Policy,
    policy_name: &str,
    backend: &Backend,
) -> Result<String, CompileError> {
    match backend {
        Backend::Lambda { function } if function == FUNCTION_MARKER => {
            Ok(STANDARD_DEFINITION.to_owned())
        }
        Backend::Lambda { function } => {
            let function = serde_json::Value::from(function.as_str()).to_string();
            let text = serde_json::Value::from(policy.source()).to_string();
            let definition =
                STANDARD_DEFINITION.replace(&format!("\"{FUNCTION_MARKER}\""), &function);
            // The policy comes last, so that its text is not searched for markers.
            Ok(definition.replace(POLICY_MARKER, &text))
        }
        Backend::Native => native(policy, policy_name),
    }
}

/// Returns what tells the loop of an execution that has no other one.
pub(crate) fn execution_key() -> LoopKey {
    let context = || var("states").field("context");
    let execution = |name| context().field("Execution").field(name);
    let redriven = call("exists", [execution("RedriveTime")]);
    LoopKey {
        id: execution("Id"),
        // `max_elapsed` counts from a redrive.
        started: redriven.choose(execution("RedriveTime"), execution("StartTime")),
        entered: context().field("State").field("EnteredTime"),
    }
}

/// Returns [`STANDARD_DEFINITION`] with states that need no function in place of ProcessError.
fn native(policy: &Policy, policy_name: &str) -> Result<String, CompileError> {
    let retry_loop = RetryLoop {
        policy,
        backend: &Backend::Native,
        prefix: String::new(),
        run_task: "RunECSTask",
        key: execution_key(),
        partition: "aws".to_owned(),
        machine_language: Language::Jsonata,
    };
    let document = SourceDocument::parse(STANDARD_DEFINITION)?;
    let place = |path: &[&str]| find(document.root(), path).ok_or(CompileError::StandardDefinition);
    let mut edits = Edits::default();

    let catcher = place(&["States", "RunECSTask", "Catch"])?.items().first();
    let assigned = catcher.and_then(|catcher| catcher.get("Assign"));
    let assigned = assigned.ok_or(CompileError::StandardDefinition)?;
    let layout = Layout::of(&document);
    let variables = retry_loop.failure_variables("$states.errorOutput");
    edits.replace(assigned.span.clone(), variables.print(&layout, ""));

    let states = place(&["States"])?;
    let mut printed = Vec::new();
    for (name, mut state) in retry_loop.decision_states()? {
        if name == "ProcessError" {
            add_comment(&mut state, &[], mark(policy, policy_name));
            // `Never` is never entered. Its comment is for programs.
            let never = ["ItemProcessor", "States", "Never"];
            add_comment(&mut state, &never, facts(policy));
        }
        let state = state.print(&layout, &layout.unit().repeat(2));
        printed.push(layout.member(&name, &state));
    }
    let process_error = states.member("ProcessError");
    let process_error = process_error.ok_or(CompileError::StandardDefinition)?;
    let separator = format!(",{}{}", layout.newline(), layout.unit().repeat(2));
    edits.replace(process_error.span(), printed.join(&separator));

    let unknown = place(&["States", "UnknownDecision", "Cause"])?;
    edits.replace_value(
        &document,
        unknown,
        &Fragment::text(retry_loop.unknown_decision()),
    );
    Ok(edits.apply(STANDARD_DEFINITION))
}

fn find<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

/// Adds a comment to the object that this path leads to.
fn add_comment(mut value: &mut Fragment, path: &[&str], comment: String) {
    for key in path {
        let Fragment::Object(members) = value else {
            return;
        };
        let Some((_, inner)) = members.iter_mut().find(|(name, _)| name == key) else {
            return;
        };
        value = inner;
    }
    if let Fragment::Object(members) = value {
        members.insert(0, ("Comment".to_owned(), Fragment::Literal(comment)));
    }
}
