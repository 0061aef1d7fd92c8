# modules/alarms: notifications about executions that did not succeed, and the dashboard.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name               = "exitwise"
  state_machine_arns = ["arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise", "arn:aws:states:eu-west-1:123456789012:stateMachine:second"]
  emails             = ["night@example.org"]
}

run "notifies_by_email" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  assert {
    condition = jsonencode(jsondecode(aws_cloudwatch_event_rule.this.event_pattern)) == jsonencode({
      source      = ["aws.states"]
      detail-type = ["Step Functions Execution Status Change"]
      detail      = { status = ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn = var.state_machine_arns }
    })
    error_message = "The rule matches other events than expected: ${aws_cloudwatch_event_rule.this.event_pattern}"
  }

  assert {
    condition     = aws_sns_topic_subscription.mail["night@example.org"].protocol == "email"
    error_message = "The address is not subscribed by email."
  }

  # The input may contain secrets, and the cause may quote the input.
  assert {
    condition     = length(setintersection(values(aws_cloudwatch_event_target.mail.input_transformer[0].input_paths), ["$.detail.cause", "$.detail.input", "$.detail", "$"])) == 0
    error_message = "The email contains the input or the cause of the execution."
  }

  # EventBridge replaces a placeholder <name> only if input_paths has this name.
  assert {
    condition     = toset(flatten(regexall("<([a-z]+)>", aws_cloudwatch_event_target.mail.input_transformer[0].input_template))) == toset(keys(aws_cloudwatch_event_target.mail.input_transformer[0].input_paths))
    error_message = "The placeholders in input_template are not the keys of input_paths: ${aws_cloudwatch_event_target.mail.input_transformer[0].input_template}"
  }

  assert {
    condition     = can(tostring(jsondecode(aws_cloudwatch_event_target.mail.input_transformer[0].input_template)))
    error_message = "input_template is not a JSON string: ${aws_cloudwatch_event_target.mail.input_transformer[0].input_template}"
  }

  assert {
    condition = jsonencode(jsondecode(aws_sns_topic_policy.this.policy).Statement) == jsonencode([{
      Sid       = "ThisRuleOnly"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = "arn:aws:sns:eu-west-1:123456789012:exitwise-not-succeeded"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/exitwise-not-succeeded" } }
    }])
    error_message = "The topic's policy is not as expected: ${aws_sns_topic_policy.this.policy}"
  }
}

run "dashboard_shows_all_metrics" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  # The expected names are read from the function's source.
  assert {
    condition = toset([for name in regexall("MetricName=.\"([A-Za-z]+)", jsonencode(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body))) : name[0]]) == toset(
      flatten(regexall("\\(\"([A-Za-z]+)\", \"(?:Count|Seconds)\"\\)", file("../lambda/src/logs.rs")))
    )
    error_message = "The dashboard does not show exactly the metrics that the function publishes."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 3 + 2 * 2
    error_message = "The dashboard must have one widget for each of the three metrics and two for each state machine."
  }
}

run "dashboard_can_be_disabled" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    dashboard = false
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "A dashboard is created although dashboard is false."
  }
}

run "rejects_invalid_values" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    name               = ""
    state_machine_arns = []
    dashboard          = false
  }

  expect_failures = [var.name, var.state_machine_arns]
}
