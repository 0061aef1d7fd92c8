# The function that decides after a failure. One serves any number of workflows: each sends its own policy along.

locals {
  zip = coalesce(var.zip, "${path.module}/../../../target/lambda/bootstrap.zip")
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = "exitwise: decides by a policy whether a failed task runs again"
  role          = aws_iam_role.this.arn

  filename         = local.zip
  source_code_hash = fileexists(local.zip) ? filebase64sha256(local.zip) : null
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = 10

  # State machines call a version: until one is updated it goes on calling the code it was deployed with.
  publish = true

  tracing_config {
    mode = "Active"
  }

  # INFO, because the metrics are log lines of no level, which counts as INFO.
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
      error_message = "${local.zip} is not there: build it with lambda/package ${var.architecture}, or say where it is."
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

# Without logs:CreateLogGroup: a late call would bring the group back after a destroy.
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
