# Each example can be planned. The values are those that other resources parse as an ARN or as JSON.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/workflows-process-error" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/some", id = "some" }
  }
  mock_resource "aws_lambda_function" {
    defaults = {
      arn           = "arn:aws:lambda:eu-west-1:123456789012:function:workflows-process-error"
      version       = "5"
      qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:workflows-process-error:5"
    }
  }
}

run "package" {
  command = plan

  module {
    source = "./examples/package"
  }

  variables {
    zip = "tests/releases/0.2.0/bootstrap-x86_64.zip"
  }

  assert {
    condition     = output.function.version == "5"
    error_message = "The output is not the published version: ${output.function.version}"
  }
}

run "release" {
  command = plan

  module {
    source = "./examples/release"
  }

  variables {
    release        = "0.2.0"
    release_folder = "tests/releases"
    architecture   = "arm64"
  }

  assert {
    condition     = output.function.version == "5"
    error_message = "The output is not the published version: ${output.function.version}"
  }
}
