# Role of the state machine. Source: AWS Step Functions Developer Guide, "IAM policies for Amazon ECS/AWS Fargate"; the
# resources are restricted further here.

locals {
  task_arns = "${replace(var.cluster_arn, ":cluster/", ":task/")}/*"

  # All revisions are allowed, because running executions keep the revision that they started with. If the task
  # definition is given without a revision, ECS checks the permission on the ARN without a revision.
  family_arn = replace(var.task_definition_arn, "/:[0-9]+$/", "")
}

resource "aws_iam_role" "this" {
  name = "${var.name}-state-machine"
  tags = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "run-tasks"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "Run"
          Effect    = "Allow"
          Action    = "ecs:RunTask"
          Resource  = distinct([replace(var.task_definition_arn, "/:[0-9]+$/", ":*"), "${local.family_arn}:*"])
          Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
        },
        {
          Sid      = "Watch"
          Effect   = "Allow"
          Action   = ["ecs:DescribeTasks", "ecs:StopTask"]
          Resource = local.task_arns
        },
        {
          Sid      = "HearOfStoppedTasks"
          Effect   = "Allow"
          Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
          Resource = "arn:${local.partition}:events:${local.region}:${local.account}:rule/StepFunctionsGetEventsForECSTaskRule"
        },
        {
          # All versions, because running executions keep the version that they started with.
          Sid      = "Decide"
          Effect   = "Allow"
          Action   = "lambda:InvokeFunction"
          Resource = "${var.function.arn}:*"
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
      ],
      length(var.pass_role_arns) == 0 ? [] : [{
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = var.pass_role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      }],
    )
  })
}
