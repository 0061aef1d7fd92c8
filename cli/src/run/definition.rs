//! The definition of the state machine, with its markers filled in as Terraform does.

use anyhow::{Result, bail};
use exitwise_engine::Policy;
use serde_json::{Value, json};

/// The name of the container in the task definition, if the policy names none.
pub(super) const CONTAINER: &str = "app";

const ACCOUNT: &str = "us-east-1:123456789012";

/// The defaults in the file that a policy can change.
const TIMEOUT: &str = r#""TimeoutSeconds": 3600"#;
const PLACEMENT: &str = r#"{ "LaunchType": "FARGATE" }"#;

/// Fills in the markers: first `${name}`, then the defaults that a policy can change, then
/// `"@name@"`. The policy comes last, so that its text is not searched for markers.
///
/// # Errors
/// Returns an error if the definition has a `${…}` that Terraform would not know either.
pub fn rendered(definition: &str, policy: &Policy) -> Result<String> {
    let markers = known_markers(Some(policy));
    let mut text = definition.to_owned();
    for (marker, value) in &markers {
        if let Some(value) = value.as_str().filter(|_| marker.starts_with('$')) {
            text = text.replace(marker, value);
        }
    }
    if let Some((_, rest)) = text.split_once("${") {
        let marker = rest.lines().next().unwrap_or_default();
        bail!("the definition has an unknown marker `${{{marker}`");
    }
    text = with_defaults(&text, policy);
    for (marker, value) in markers {
        text = text.replace(&format!("\"{marker}\""), &value.to_string());
    }
    Ok(text)
}

/// Changes the defaults of the standard definition that the policy sets.
pub(super) fn with_defaults(definition: &str, policy: &Policy) -> String {
    let mut text = definition.to_owned();
    if let Some(seconds) = policy.limits().max_run_time {
        text = text.replace(TIMEOUT, &format!("\"TimeoutSeconds\": {seconds}"));
    }
    if let Some(provider) = policy.providers().first() {
        let strategy = json!([{"CapacityProvider": provider, "Weight": 1, "Base": 0}]);
        let placement = json!({"CapacityProviderStrategy": strategy});
        text = text.replace(PLACEMENT, &placement.to_string());
    }
    text
}

/// Returns the markers of the standard definition, with what a deployment would put there. The policy
/// comes last.
pub(super) fn known_markers(policy: Option<&Policy>) -> Vec<(String, Value)> {
    let container = policy.and_then(Policy::container).unwrap_or(CONTAINER);
    let mut providers = policy.map_or(&[][..], Policy::providers).iter();
    let public_ip = match providers.all(|name| name.starts_with("FARGATE")) {
        true => "ENABLED",
        false => "DISABLED",
    };
    let cluster = format!("arn:aws:ecs:{ACCOUNT}:cluster/exitwise");
    let task_definition = format!("arn:aws:ecs:{ACCOUNT}:task-definition/exitwise-task:1");
    let function = format!("arn:aws:lambda:{ACCOUNT}:function:exitwise-process-error");
    let mut markers = vec![
        ("${cluster_arn}", json!(cluster)),
        ("${task_definition_arn}", json!(task_definition)),
        ("${assign_public_ip}", json!(public_ip)),
        ("${container_name}", json!(container)),
        ("${function_arn}", json!(function)),
        ("@subnets@", json!(["subnet-00000000"])),
        ("@security_groups@", json!(["sg-00000000"])),
    ];
    markers.extend(policy.map(|policy| ("@policy@", json!(policy.source()))));
    let markers = markers.into_iter();
    markers
        .map(|(marker, value)| (marker.to_owned(), value))
        .collect()
}
