//! The deployed definition with its markers filled in, as Terraform does it.

use anyhow::{Result, bail};
use policy_engine::Policy;
use serde_json::json;

/// `terraform/state-machine.asl.json`, compiled in: what runs where nobody gives another.
pub const DEPLOYED: &str = include_str!("../../../terraform/state-machine.asl.json");

/// The container whose name the task definition uses where the policy names none.
const CONTAINER: &str = "app";

/// Fills in `${name}`, then `"@name@"`, in this order: the policy's text is not searched for markers.
///
/// # Errors
/// A `${…}` that Terraform would not know either.
pub fn rendered(definition: &str, policy: &Policy) -> Result<String> {
    let account = "us-east-1:123456789012";
    let mut text = definition.to_owned();
    for (marker, value) in [
        (
            "cluster_arn",
            format!("arn:aws:ecs:{account}:cluster/exitwise"),
        ),
        (
            "task_definition_arn",
            format!("arn:aws:ecs:{account}:task-definition/exitwise-task:1"),
        ),
        ("assign_public_ip", "ENABLED".to_owned()),
        (
            "container_name",
            policy.container().unwrap_or(CONTAINER).to_owned(),
        ),
        (
            "function_arn",
            format!("arn:aws:lambda:{account}:function:exitwise-process-error"),
        ),
    ] {
        text = text.replace(&format!("${{{marker}}}"), &value);
    }
    if let Some((_, rest)) = text.split_once("${") {
        bail!(
            "the definition has a marker `${{{}` that nothing fills in",
            rest.lines().next().unwrap_or_default()
        );
    }
    for (marker, value) in [
        ("subnets", json!(["subnet-00000000"])),
        ("security_groups", json!(["sg-00000000"])),
        ("policy", json!(policy.source())),
    ] {
        text = text.replace(&format!("\"@{marker}@\""), &value.to_string());
    }
    Ok(text)
}
