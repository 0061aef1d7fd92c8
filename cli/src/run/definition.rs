//! The definition of the state machine, with its markers filled in as Terraform does.

use anyhow::{Result, bail};
use exitwise_engine::Policy;
use serde_json::json;

/// The name of the container in the task definition, if the policy names none.
const CONTAINER: &str = "app";

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
    let container = policy.container().unwrap_or(CONTAINER);
    let mut providers = policy.providers().iter();
    let public_ip = match providers.all(|name| name.starts_with("FARGATE")) {
        true => "ENABLED",
        false => "DISABLED",
    };
    let markers = [
        (
            "cluster_arn",
            format!("arn:aws:ecs:{ACCOUNT}:cluster/exitwise"),
        ),
        (
            "task_definition_arn",
            format!("arn:aws:ecs:{ACCOUNT}:task-definition/exitwise-task:1"),
        ),
        ("assign_public_ip", public_ip.to_owned()),
        ("container_name", container.to_owned()),
        (
            "function_arn",
            format!("arn:aws:lambda:{ACCOUNT}:function:exitwise-process-error"),
        ),
    ];
    let mut text = definition.to_owned();
    for (marker, value) in markers {
        text = text.replace(&format!("${{{marker}}}"), &value);
    }
    if let Some((_, rest)) = text.split_once("${") {
        let marker = rest.lines().next().unwrap_or_default();
        bail!("the definition has an unknown marker `${{{marker}`");
    }
    if let Some(seconds) = policy.limits().max_run_time {
        text = text.replace(TIMEOUT, &format!("\"TimeoutSeconds\": {seconds}"));
    }
    if let Some(provider) = policy.providers().first() {
        let strategy = json!([{"CapacityProvider": provider, "Weight": 1, "Base": 0}]);
        let placement = json!({"CapacityProviderStrategy": strategy});
        text = text.replace(PLACEMENT, &placement.to_string());
    }
    let markers = [
        ("subnets", json!(["subnet-00000000"])),
        ("security_groups", json!(["sg-00000000"])),
        ("policy", json!(policy.source())),
    ];
    for (marker, value) in markers {
        text = text.replace(&format!("\"@{marker}@\""), &value.to_string());
    }
    Ok(text)
}
