# Each example can be planned. The values are those that other resources parse as an ARN or as JSON.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/main" }
  }
  mock_data "aws_ecs_task_definition" {
    defaults = {
      arn                = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:12"
      execution_role_arn = "arn:aws:iam::123456789012:role/report-execution"
      task_role_arn      = ""
    }
  }
  mock_data "aws_lambda_function" {
    defaults = {
      arn           = "arn:aws:lambda:eu-west-1:123456789012:function:workflows-process-error"
      version       = "5"
      qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:workflows-process-error:5"
    }
  }
  mock_data "aws_lambda_invocation" {
    defaults = {
      result = "{\"valid\":true,\"container\":\"app\",\"diagnostics\":[],\"message\":\"\",\"worst_case\":{\"runs\":4,\"wait_seconds\":180,\"at_most\":false}}"
    }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/report-with-retries" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/some", id = "some" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:report-with-retries" }
  }
}

variables {
  cluster_name = "main"
  task_family  = "report"
  subnet_ids   = ["subnet-00000001", "subnet-00000002"]
}

run "function" {
  command = plan

  module {
    source = "./examples/function"
  }

  variables {
    function_name = "workflows-process-error"
  }

  assert {
    condition     = output.worst_case.runs == 4
    error_message = "The output is not the answer of the function."
  }
}

run "native" {
  command = plan

  module {
    source = "./examples/native"
  }

  assert {
    condition     = output.worst_case.runs == 4
    error_message = "The output is not from the compiled definition."
  }
}
