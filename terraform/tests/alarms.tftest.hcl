# Who hears of executions that did not succeed.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name               = "exitwise"
  state_machine_arns = ["arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise", "arn:aws:states:eu-west-1:123456789012:stateMachine:second"]
  emails             = ["night@example.org"]
}

run "mail" {
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
    error_message = "The rule hears of something else: ${aws_cloudwatch_event_rule.this.event_pattern}"
  }

  assert {
    condition     = aws_sns_topic_subscription.mail["night@example.org"].protocol == "email"
    error_message = "Nobody gets mail."
  }

  # Both may hold secrets.
  assert {
    condition     = length(setintersection(values(aws_cloudwatch_event_target.mail.input_transformer[0].input_paths), ["$.detail.cause", "$.detail.input", "$.detail", "$"])) == 0
    error_message = "Mail quotes what may be secret."
  }

  # EventBridge replaces <name>; what it does not know it would send as it stands.
  assert {
    condition     = toset(flatten(regexall("<([a-z]+)>", aws_cloudwatch_event_target.mail.input_transformer[0].input_template))) == toset(keys(aws_cloudwatch_event_target.mail.input_transformer[0].input_paths))
    error_message = "The mail's text and its values do not agree: ${aws_cloudwatch_event_target.mail.input_transformer[0].input_template}"
  }

  assert {
    condition     = can(tostring(jsondecode(aws_cloudwatch_event_target.mail.input_transformer[0].input_template)))
    error_message = "The mail is no JSON text: ${aws_cloudwatch_event_target.mail.input_transformer[0].input_template}"
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
    error_message = "The topic lets others publish: ${aws_sns_topic_policy.this.policy}"
  }
}

run "the_dashboard" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  # The names that lambda/src/logs.rs writes.
  assert {
    condition = toset([for name in regexall("MetricName=.\"([A-Za-z]+)", jsonencode(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body))) : name[0]]) == toset(
      flatten(regexall("\\(\"([A-Za-z]+)\", \"(?:Count|Seconds)\"\\)", file("../lambda/src/logs.rs")))
    )
    error_message = "The dashboard does not show the function's metrics."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 3 + 2 * 2
    error_message = "Something is not on the dashboard."
  }
}

run "no_dashboard" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    dashboard = false
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "Nobody asked for the dashboard."
  }
}

run "wrong_settings" {
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
