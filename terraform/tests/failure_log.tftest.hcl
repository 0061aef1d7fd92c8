# modules/failure-log: the log of failed tasks and jobs.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name = "failures"
}

run "logs_tasks_that_did_not_succeed" {
  command = plan

  module {
    source = "./modules/failure-log"
  }

  assert {
    condition = jsonencode({ for key, rule in aws_cloudwatch_event_rule.this : key => jsondecode(rule.event_pattern) }) == jsonencode({
      tasks = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail = {
          lastStatus = ["STOPPED"]
          "$or" = [
            { containers = { exitCode = [{ anything-but = 0 }] } },
            { containers = { exitCode = [{ exists = false }] } },
            { stopCode = [{ anything-but = "EssentialContainerExited" }] },
            { stopCode = [{ exists = false }] },
          ]
        }
      }
    })
    error_message = "The rule matches other events than expected: ${aws_cloudwatch_event_rule.this["tasks"].event_pattern}"
  }

  assert {
    condition     = output.log_group_name == "/aws/events/failures" && aws_cloudwatch_log_group.this.retention_in_days == 60
    error_message = "The log group has another name or retention than expected."
  }

  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : target.arn == aws_cloudwatch_log_group.this.arn && length(target.input_transformer) == 0 && target.role_arn == null])
    error_message = "The rule must send whole events to the log group, without a role."
  }

  assert {
    condition     = output.get_month == "aws logs filter-log-events --region eu-west-1 --log-group-name /aws/events/failures --start-time $((($(date +%s) - 2592000) * 1000)) --query 'events[].message' --output text | tr '\\t' '\\n'"
    error_message = "The command is not as expected: ${output.get_month}"
  }
}

run "only_these_rules_may_write" {
  command = plan

  module {
    source = "./modules/failure-log"
  }

  override_resource {
    target          = aws_cloudwatch_log_group.this
    override_during = plan
    values          = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/failures" }
  }

  override_resource {
    target          = aws_cloudwatch_event_rule.this
    override_during = plan
    values          = { arn = "arn:aws:events:eu-west-1:123456789012:rule/failures" }
  }

  assert {
    condition = jsonencode(jsondecode(aws_cloudwatch_log_resource_policy.this[0].policy_document).Statement) == jsonencode([
      {
        Sid       = "CreateStreams"
        Effect    = "Allow"
        Action    = "logs:CreateLogStream"
        Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
        Resource  = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/failures:*"
      },
      {
        Sid       = "TheseRules"
        Effect    = "Allow"
        Action    = "logs:PutLogEvents"
        Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
        Resource  = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/failures:*:*"
        Condition = { ArnEquals = { "aws:SourceArn" = ["arn:aws:events:eu-west-1:123456789012:rule/failures"] } }
      },
    ])
    error_message = "The policy is not as expected: ${aws_cloudwatch_log_resource_policy.this[0].policy_document}"
  }
}

run "applies_all_settings" {
  command = plan

  module {
    source = "./modules/failure-log"
  }

  variables {
    cluster_arns       = ["arn:aws:ecs:eu-west-1:123456789012:cluster/jobs", "arn:aws:ecs:eu-west-1:123456789012:cluster/media"]
    only_failed        = false
    batch_jobs         = true
    resource_policy    = false
    log_retention_days = 90
    kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
    tags               = { service = "jobs" }
  }

  assert {
    condition = jsonencode({ for key, rule in aws_cloudwatch_event_rule.this : key => jsondecode(rule.event_pattern) }) == jsonencode({
      jobs = {
        source      = ["aws.batch"]
        detail-type = ["Batch Job State Change"]
        detail      = { status = ["FAILED"] }
      }
      tasks = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail      = { clusterArn = var.cluster_arns, lastStatus = ["STOPPED"] }
      }
    })
    error_message = "The rules match other events than expected."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_event_target.this)) == toset(["jobs", "tasks"]) && toset([for rule in aws_cloudwatch_event_rule.this : rule.name]) == toset(["failures-stopped-jobs", "failures-stopped-tasks"])
    error_message = "A rule has no target, or another name than expected."
  }

  assert {
    condition     = length(aws_cloudwatch_log_resource_policy.this) == 0
    error_message = "A resource policy is created although resource_policy is false."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this.retention_in_days == 90 && aws_cloudwatch_log_group.this.tags == tomap(var.tags)
    error_message = "The log group does not have the key, the retention or the tags."
  }
}

run "rejects_invalid_values" {
  command = plan

  module {
    source = "./modules/failure-log"
  }

  variables {
    name         = "/aws/events/failures"
    cluster_arns = ["jobs"]
    kms_key_arn  = "alias/mine"
  }

  expect_failures = [var.name, var.cluster_arns, var.kms_key_arn]
}
