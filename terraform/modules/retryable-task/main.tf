# One workflow: a task definition, run under a policy by a state machine.

locals {
  policy = file(var.policy_file)

  # A cluster's ARN names all that other ARNs need: arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME.
  cluster   = split(":", var.cluster_arn)
  partition = local.cluster[1]
  region    = local.cluster[3]
  account   = local.cluster[4]

  placement = (
    var.capacity_provider == null
    ? "\"LaunchType\": ${jsonencode(var.launch_type)}"
    : "\"CapacityProviderStrategy\": ${jsonencode([{ CapacityProvider = var.capacity_provider, Weight = 1 }])}"
  )

  scalars = templatefile("${path.module}/../../state-machine.asl.json", {
    cluster_arn         = var.cluster_arn
    task_definition_arn = var.task_definition_arn
    container_name      = var.container_name
    assign_public_ip    = var.assign_public_ip ? "ENABLED" : "DISABLED"
    function_arn        = var.function.qualified_arn
  })

  # Settings that the file has as most want them: a marker in a number's or a key's place would not be valid there.
  literals = replace(replace(replace(local.scalars,
    "\"LaunchType\": \"FARGATE\"", local.placement),
    "\"TimeoutSeconds\": 3600", "\"TimeoutSeconds\": ${var.task_timeout_seconds}"),
    "arn:aws:states:::", "arn:${local.partition}:states:::"
  )

  # The policy last: nothing looks for markers in its text.
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

  # Without execution data: a Cause holds the task's command and environment.
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
      error_message = "${var.policy_file} counts the exit codes of the container ${local.container}, but the task's is ${var.container_name}: set container = \"${var.container_name}\" in the policy, or container_name = \"${local.container}\" here."
    }
  }
}

# The name's prefix keeps the group out of a resource policy that is limited to 5120 characters.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
