# Attributes that other resources parse as an ARN or as JSON. Without these defaults, the mocked provider would generate
# random strings for them.

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/exitwise" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/exitwise-task:7" }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:eu-west-1:123456789012:repository/exitwise-task"
    repository_url = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/exitwise-task"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn           = "arn:aws:lambda:eu-west-1:123456789012:function:exitwise-process-error"
    version       = "5"
    qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:exitwise-process-error:5"
  }
}

mock_resource "aws_sfn_state_machine" {
  defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/some", id = "some" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:some" }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/exitwise-not-succeeded" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:exitwise-not-succeeded" }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = { arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:exitwise-some" }
}

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
    network_mode       = "awsvpc"
    task_role_arn      = ""
  }
}

mock_data "aws_lambda_invocation" {
  defaults = {
    result = "{\"valid\":true,\"container\":\"app\",\"diagnostics\":[],\"message\":\"\",\"worst_case\":{\"runs\":4,\"wait_seconds\":180,\"at_most\":false}}"
  }
}
