# Each example can be planned. The values are those that other resources parse as an ARN or as JSON.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/jobs" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/jobs-failures-stopped-tasks" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/events/jobs-failures" }
  }
}

run "cluster" {
  command = plan

  module {
    source = "./examples/cluster"
  }

  variables {
    cluster_name = "jobs"
  }

  assert {
    condition     = strcontains(output.get_month, "--log-group-name /aws/events/jobs-failures ")
    error_message = "The command does not read the log of the cluster: ${output.get_month}"
  }
}
