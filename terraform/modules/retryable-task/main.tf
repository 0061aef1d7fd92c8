# A state machine that runs a task and, after a failure, retries it as a policy decides.

locals {
  policy = file(var.policy_file)

  # The other ARNs need the partition, region and account, which the cluster's ARN contains:
  # arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME.
  cluster   = split(":", var.cluster_arn)
  partition = local.cluster[1]
  region    = local.cluster[3]
  account   = local.cluster[4]

  placement = (
    var.capacity_provider == null
    ? "\"LaunchType\": ${jsonencode(var.launch_type)}"
    : "\"CapacityProviderStrategy\": ${jsonencode([{ CapacityProvider = var.capacity_provider, Weight = 1 }])}"
  )

  scalars = templatefile("${path.module}/state-machine.asl.json", {
    cluster_arn         = var.cluster_arn
    task_definition_arn = var.task_definition_arn
    container_name      = var.container_name
    assign_public_ip    = var.assign_public_ip ? "ENABLED" : "DISABLED"
    function_arn        = var.function.qualified_arn
  })

  # The file contains default values for these settings instead of markers. A marker in place of a number or a key would
  # make the definition invalid, and linters and tests read the file before it is rendered.
  literals = replace(replace(replace(local.scalars,
    "\"LaunchType\": \"FARGATE\"", local.placement),
    "\"TimeoutSeconds\": 3600", "\"TimeoutSeconds\": ${var.task_timeout_seconds}"),
    "arn:aws:states:::", "arn:${local.partition}:states:::"
  )

  # The policy is inserted last, so that no marker is replaced inside its text.
  definition = replace(replace(replace(local.literals,
    "\"@subnets@\"", jsonencode(var.subnet_ids)),
    "\"@security_groups@\"", jsonencode(var.security_group_ids)),
    "\"@policy@\"", jsonencode(local.policy)
  )
}

resource "aws_sfn_state_machine" "this" {
  name       = var.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.this.arn
  definition = local.definition

  # Execution data is left out, because a Cause contains the task's command and environment.
  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
    level                  = "ALL"
    include_execution_data = false
  }

  tracing_configuration {
    enabled = true
  }

  tags       = var.tags
  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = local.policy_ok
      error_message = "${var.policy_file} cannot be used:\n  ${indent(2, local.why)}"
    }

    precondition {
      condition     = local.container == var.container_name
      error_message = "${var.policy_file} is written for the container ${local.container}, but container_name is ${var.container_name}. Set container = \"${var.container_name}\" in the policy, or container_name = \"${local.container}\" in the Terraform configuration."
    }
  }
}

# The prefix /aws/vendedlogs/ keeps the log group from using up the CloudWatch Logs resource policy, which is limited to
# 5120 characters. Source: Step Functions Developer Guide, "Avoiding CloudWatch Logs resource policy size restrictions".
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
