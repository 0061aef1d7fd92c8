# modules/process-error: the function and its role.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  zip = "tests/process_error.tftest.hcl"
}

run "publishes_the_function" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  assert {
    condition     = aws_lambda_function.this.publish && output.function.version == "5" && endswith(output.function.qualified_arn, ":5")
    error_message = "The function is not published, or the output does not name its version."
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.source_code_hash == filebase64sha256("tests/process_error.tftest.hcl")
    error_message = "The runtime or the hash of the package is not as expected."
  }
}

run "role_has_minimal_permissions" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  override_resource {
    target          = aws_cloudwatch_log_group.this
    override_during = plan
    values          = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/exitwise-process-error" }
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.this.policy).Statement) == jsonencode([
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/exitwise-process-error:*"
      },
      { Sid = "XRay", Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = "*" },
    ])
    error_message = "The permissions of the function are not as expected: ${aws_iam_role_policy.this.policy}"
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role.this.assume_role_policy).Statement) == jsonencode([
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ])
    error_message = "The trust policy must allow Lambda, and nobody else."
  }
}

run "rejects_a_missing_package" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip = "tests/no-such.zip"
  }

  expect_failures = [aws_lambda_function.this]
}

run "rejects_an_invalid_name" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    name = "a b"
  }

  expect_failures = [var.name]
}
