# The Lambda function that decides whether to run a failed task again. One function serves any number of state machines,
# because each of them sends its own policy.

data "aws_region" "this" {}

locals {
  # IAM role names must be unique within the account, across regions, and have at most 64 characters.
  full_role_name = "${var.name}-${data.aws_region.this.id}"
  role_name      = length(local.full_role_name) <= 64 ? local.full_role_name : "${substr(local.full_role_name, 0, 55)}-${substr(sha256(local.full_role_name), 0, 8)}"
  role_arn       = one(concat(aws_iam_role.this[*].arn, var.existing_role[*].arn))

  # logs:CreateLogGroup is missing on purpose: a late invocation would create the log group again after a destroy.
  permissions = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      }],
      !var.tracing ? [] : [{
        Sid      = "XRay"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      }],
    )
  })
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = "exitwise: decides whether to retry a failed task, based on a policy"
  role          = local.role_arn

  filename         = local.package
  source_code_hash = fileexists(local.package) ? filebase64sha256(local.package) : null
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = 10

  # State machines invoke a published version. A state machine therefore keeps using the code that it was deployed with
  # until the state machine itself is updated.
  publish = true

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # INFO or finer: the metrics are log lines without a level, which Lambda treats as INFO and would drop at WARN.
  logging_config {
    log_group             = aws_cloudwatch_log_group.this.name
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  tags       = var.tags
  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = fileexists(local.package)
      error_message = local.missing
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
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
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  count = var.existing_role == null ? 1 : 0

  name   = "logs-and-traces"
  role   = aws_iam_role.this[0].id
  policy = local.permissions
}
