# Each example can be planned. The values are those that other resources parse as an ARN or as JSON.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:report" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/workflows-not-succeeded" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:workflows-some" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:workflows-not-succeeded" }
  }
}

run "state_machines" {
  command = plan

  module {
    source = "./examples/state-machines"
  }

  variables {
    state_machines = { report = "report-with-retries" }
    function_name  = "workflows-process-error"
    emails         = ["night@example.org"]
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-west-1:123456789012:workflows-not-succeeded"
    error_message = "The output is not the topic: ${output.topic_arn}"
  }
}
