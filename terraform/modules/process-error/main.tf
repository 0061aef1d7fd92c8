# The Lambda function that decides whether to run a failed task again. One function serves any number of state machines,
# because each of them sends its own policy.

locals {
  zip = coalesce(var.zip, "${path.module}/../../../target/lambda/bootstrap.zip")
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = "exitwise: decides whether to retry a failed task, based on a policy"
  role          = aws_iam_role.this.arn

  filename         = local.zip
  source_code_hash = fileexists(local.zip) ? filebase64sha256(local.zip) : null
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = 10

  # State machines invoke a published version. A state machine therefore keeps using the code that it was deployed with
  # until the state machine itself is updated.
  publish = true

  tracing_config {
    mode = "Active"
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
      condition     = fileexists(local.zip)
      error_message = "${local.zip} does not exist. Build it with lambda/package ${var.architecture}, or set the path of an existing package."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_iam_role" "this" {
  name = var.name
  tags = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# logs:CreateLogGroup is missing on purpose: a late invocation would create the log group again after a destroy.
resource "aws_iam_role_policy" "this" {
  name = "logs-and-traces"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      {
        Sid      = "XRay"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  })
}
