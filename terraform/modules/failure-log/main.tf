# A log of failed tasks, from which `exitwise backtest` learns what a policy would have decided. EventBridge sends an event for
# each stopped task and each failed Batch job, and a rule writes it into a log group.

data "aws_region" "this" {}

locals {
  # A pattern cannot say "all containers exited with 0": it compares one value at a time, and one match is enough. So this lists
  # what can be a failure. What is left is a task that ended by itself, with an exit code, and without one that is not 0.
  failed = {
    "$or" = [
      { containers = { exitCode = [{ anything-but = 0 }] } },
      { containers = { exitCode = [{ exists = false }] } },
      { stopCode = [{ anything-but = "EssentialContainerExited" }] },
      { stopCode = [{ exists = false }] },
    ]
  }

  patterns = merge(
    {
      tasks = {
        description = var.only_failed ? "ECS tasks that stopped and did not succeed" : "ECS tasks that stopped"
        source      = "aws.ecs"
        detail_type = "ECS Task State Change"
        detail = merge(
          { lastStatus = ["STOPPED"] },
          length(var.cluster_arns) == 0 ? {} : { clusterArn = var.cluster_arns },
          var.only_failed ? local.failed : {},
        )
      }
    },
    !var.batch_jobs ? {} : {
      jobs = {
        description = "Batch jobs that failed"
        source      = "aws.batch"
        detail_type = "Batch Job State Change"
        detail      = { status = ["FAILED"] }
      }
    },
  )
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.patterns

  name        = "${var.name}-stopped-${each.key}"
  description = each.value.description
  tags        = var.tags

  event_pattern = jsonencode({
    source      = [each.value.source]
    detail-type = [each.value.detail_type]
    detail      = each.value.detail
  })
}

# The whole event: for a log group, a transformer can only make a text, and it cannot copy the list of containers into one.
resource "aws_cloudwatch_event_target" "this" {
  for_each = local.patterns

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = aws_cloudwatch_log_group.this.arn

  # Without the permission, EventBridge drops the event.
  depends_on = [aws_cloudwatch_log_resource_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/events/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# EventBridge uses no role for log groups; only this policy permits it to write. As in the documentation of the AWS provider, only
# the second statement asks for the rule: a log stream is not created in the name of one.
resource "aws_cloudwatch_log_resource_policy" "this" {
  count = var.resource_policy ? 1 : 0

  policy_name = "${var.name}-failure-log"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CreateStreams"
        Effect    = "Allow"
        Action    = "logs:CreateLogStream"
        Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
        Resource  = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        Sid       = "TheseRules"
        Effect    = "Allow"
        Action    = "logs:PutLogEvents"
        Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
        Resource  = "${aws_cloudwatch_log_group.this.arn}:*:*"
        Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.this : rule.arn] } }
      },
    ]
  })
}
