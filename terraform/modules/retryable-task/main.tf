# A state machine that runs a task and, after a failure, retries it as a policy decides.

data "aws_region" "this" {}

locals {
  # The other ARNs need the partition and the account, which the cluster's ARN contains:
  # arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME.
  partition = split(":", var.cluster_arn)[1]
  account   = split(":", var.cluster_arn)[4]
  region    = data.aws_region.this.id

  # Built from its parts: the role and the key's conditions need the ARN before the state machine exists.
  state_machine_arn = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}"

  # Host names of the AWS console, without the region, by partition.
  consoles = {
    aws        = "console.aws.amazon.com"
    aws-cn     = "console.amazonaws.cn"
    aws-eusc   = "console.amazonaws-eusc.eu"
    aws-us-gov = "console.amazonaws-us-gov.com"
  }

  is_logging = var.log_level != "OFF"
}

resource "aws_sfn_state_machine" "this" {
  name       = var.name
  type       = "STANDARD"
  role_arn   = local.role_arn
  definition = local.definition

  # Execution data is left out, because a Cause contains the task's command and environment.
  logging_configuration {
    log_destination        = local.is_logging ? "${aws_cloudwatch_log_group.this[0].arn}:*" : null
    level                  = var.log_level
    include_execution_data = false
  }

  tracing_configuration {
    enabled = var.tracing
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key_arn[*]

    content {
      type       = "CUSTOMER_MANAGED_KMS_KEY"
      kms_key_id = encryption_configuration.value
    }
  }

  tags       = var.tags
  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = !local.is_native || local.compiled_ok
      error_message = "${coalesce(var.compiled_definition, "compiled_definition")} is not a state machine for one task that was compiled for the native backend. To write it, run:\n  ${local.compile}"
    }

    precondition {
      condition     = !local.is_native || !local.compiled_ok || local.mark == local.policy_hash
      error_message = "${coalesce(var.compiled_definition, "compiled_definition")} was compiled from another text than that of ${var.policy_file} (sha256:${local.mark}, but the policy now has sha256:${local.policy_hash}). Compile it again:\n  ${local.compile}"
    }

    precondition {
      condition     = local.policy_ok
      error_message = "${var.policy_file} cannot be used:\n  ${indent(2, local.why)}"
    }

    precondition {
      condition     = local.container == var.container_name
      error_message = "${var.policy_file} is written for the container ${local.container}, but container_name is ${var.container_name}. Set container = \"${var.container_name}\" in the policy, or container_name = \"${local.container}\" in the Terraform configuration."
    }

    precondition {
      condition     = local.timeout == coalesce(local.max_run_time, local.timeout)
      error_message = "${var.policy_file} limits a run to ${coalesce(local.max_run_time, 0)} seconds, but task_timeout_seconds is ${local.timeout}. Remove task_timeout_seconds from the Terraform configuration, or set max_run_time = \"${local.timeout}s\" in the policy."
    }

    precondition {
      condition     = length(local.policy_providers) == 0 || jsonencode(var.capacity_providers) == jsonencode(local.policy_providers)
      error_message = "${var.policy_file} has other capacity providers than the deployment. Set capacity_providers = ${local.policy_provider_list}${length(var.capacity_provider_strategy) == 0 ? "" : " in place of capacity_provider_strategy"}."
    }

    precondition {
      condition     = var.task_size == null || local.policy_size == null || jsonencode(local.size) == jsonencode(var.task_size)
      error_message = "${var.policy_file} starts with ${local.size.cpu} CPU units and ${local.size.memory} MiB of memory, but the task definition has ${try(var.task_size.cpu, 0)} and ${try(var.task_size.memory, 0)}. Set cpu = ${local.size.cpu} and memory = ${local.size.memory} for the task definition, or make its size the first [[size]] of the policy."
    }
  }
}

# The prefix /aws/vendedlogs/ keeps the log group from using up the CloudWatch Logs resource policy, which is limited to
# 5120 characters. Source: Step Functions Developer Guide, "Avoiding CloudWatch Logs resource policy size restrictions".
resource "aws_cloudwatch_log_group" "this" {
  count = local.is_logging ? 1 : 0

  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
