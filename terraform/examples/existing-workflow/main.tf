# A state machine that exists, with policies: `exitwise compile` wrote build/workflow.asl.json from workflow.asl.json and the
# policies. Nothing else is needed, in particular no function. README.md has the command.

data "aws_region" "this" {}

data "aws_ecs_task_definition" "this" {
  for_each = { export = var.export_task_family, train = var.train_task_family }

  task_definition = each.value
}

locals {
  # arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME.
  partition = split(":", var.cluster_arn)[1]
  account   = split(":", var.cluster_arn)[4]
  region    = data.aws_region.this.id

  tasks = data.aws_ecs_task_definition.this
  roles = compact(flatten([for task in local.tasks : [task.execution_role_arn, task.task_role_arn]]))

  woven = file("${path.module}/build/workflow.asl.json")
  # Each state with a policy has a mark in its comment: the hash of the policy's text, and its file.
  marks = regexall("\"exitwise \\S+ sha256:([0-9a-f]{12}): ([^\"]+)\"", local.woven)
  stale = [for mark in local.marks : mark[1] if mark[0] != substr(filesha256("${path.module}/${mark[1]}"), 0, 12)]
}

resource "aws_sfn_state_machine" "this" {
  name     = var.name
  role_arn = aws_iam_role.this.arn

  definition = templatefile("${path.module}/build/workflow.asl.json", {
    cluster_arn                = var.cluster_arn
    export_task_definition_arn = local.tasks["export"].arn
    train_task_definition_arn  = local.tasks["train"].arn
    subnet_ids                 = var.subnet_ids
    topic_arn                  = aws_sns_topic.this.arn
  })

  logging_configuration {
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
    level                  = "ALL"
    include_execution_data = false
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = length(local.marks) == 2 && length(local.stale) == 0
      error_message = "build/workflow.asl.json was not compiled from the present text of ${join(" and ", local.stale)}. Run the command in the example's README.md."
    }
  }
}

resource "aws_sns_topic" "this" {
  name = "${var.name}-report"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = 30
}

resource "aws_iam_role" "this" {
  name = "${var.name}-${local.region}-state-machine"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

# The permissions are those of the state machine before it had policies.
resource "aws_iam_role_policy" "this" {
  name = "run-tasks"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Run"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = [for task in local.tasks : "${replace(task.arn, "/:[0-9]+$/", "")}:*"]
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid      = "Watch"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:StopTask"]
        Resource = "${replace(var.cluster_arn, ":cluster/", ":task/")}/*"
      },
      {
        Sid      = "HearOfStoppedTasks"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = "arn:${local.partition}:events:${local.region}:${local.account}:rule/StepFunctionsGetEventsForECSTaskRule"
      },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = local.roles
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "Report"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = aws_sns_topic.this.arn
      },
      {
        # These actions do not support resource-level permissions.
        Sid    = "LogDelivery"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
      {
        Sid    = "XRay"
        Effect = "Allow"
        Action = [
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ]
        Resource = "*"
      },
    ]
  })
}
