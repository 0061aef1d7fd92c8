# Role of the state machine. Source: AWS Step Functions Developer Guide, "IAM policies for Amazon ECS/AWS Fargate" and
# "Data at rest encryption"; the resources are restricted further here.

locals {
  # IAM role names must be unique within the account, across regions, and have at most 64 characters.
  full_role_name = "${var.name}-${local.region}-state-machine"
  role_name      = length(local.full_role_name) <= 64 ? local.full_role_name : "${substr(local.full_role_name, 0, 55)}-${substr(sha256(local.full_role_name), 0, 8)}"
  role_arn       = one(concat(aws_iam_role.this[*].arn, var.existing_role[*].arn))

  cluster_arns = concat([var.cluster_arn], var.also_allow.cluster_arns)
  task_arns    = [for arn in local.cluster_arns : "${replace(arn, ":cluster/", ":task/")}/*"]

  # All revisions are allowed, because running executions keep the revision that they started with. If the task
  # definition is given without a revision, ECS checks the permission on the ARN without a revision.
  task_definition_arns = distinct(flatten([for arn in concat([var.task_definition_arn], var.also_allow.task_definition_arns) :
    [replace(arn, "/:[0-9]+$/", ":*"), "${replace(arn, "/:[0-9]+$/", "")}:*"]
  ]))

  pass_role_arns = distinct(concat(var.pass_role_arns, var.also_allow.pass_role_arns))
  kms_key_arns   = distinct(concat(var.kms_key_arn[*], var.also_allow.kms_key_arns))
  function_arns  = distinct(concat(var.function[*].arn, var.also_allow.function_arns))

  statements = concat(
    [
      {
        Sid       = "Run"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = local.task_definition_arns
        Condition = { ArnEquals = { "ecs:cluster" = local.cluster_arns } }
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
    ],
    length(local.function_arns) == 0 ? [] : [{
      # All versions, because running executions keep the version that they started with.
      Sid      = "Decide"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = [for arn in local.function_arns : "${arn}:*"]
    }],
    !local.is_logging ? [] : [{
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
    }],
    !var.tracing ? [] : [{
      Sid    = "XRay"
      Effect = "Allow"
      Action = [
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]
      Resource = "*"
    }],
    length(local.pass_role_arns) == 0 ? [] : [{
      Sid       = "GiveTasksTheirRoles"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = local.pass_role_arns
      Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
    }],
    !var.propagate_tags && length(var.task_tags) == 0 ? [] : [{
      Sid       = "TagNewTasks"
      Effect    = "Allow"
      Action    = "ecs:TagResource"
      Resource  = local.task_arns
      Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
    }],
    length(local.kms_key_arns) == 0 ? [] : [{
      Sid       = "EncryptExecutions"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = local.kms_key_arns
      Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = local.state_machine_arn } }
    }],
    var.kms_key_arn == null || !local.is_logging ? [] : [{
      Sid       = "EncryptLogs"
      Effect    = "Allow"
      Action    = "kms:GenerateDataKey"
      Resource  = var.kms_key_arn
      Condition = { StringEquals = { "kms:EncryptionContext:SourceArn" = "arn:${local.partition}:logs:${local.region}:${local.account}:*" } }
    }],
  )
  permissions = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_role" "this" {
  count = var.existing_role == null ? 1 : 0

  name                 = local.role_name
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = local.state_machine_arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  count = var.existing_role == null ? 1 : 0

  name   = "run-tasks"
  role   = aws_iam_role.this[0].id
  policy = local.permissions
}
