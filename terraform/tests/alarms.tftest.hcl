# modules/alarms: notifications about executions that did not succeed, and the dashboard.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name = "exitwise"
  state_machines = {
    first  = "arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise"
    second = "arn:aws:states:eu-west-1:123456789012:stateMachine:other"
  }
  emails = ["night@example.org"]
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
      detail      = { status = ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn = values(var.state_machines) }
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
    condition = jsonencode(jsondecode(aws_sns_topic_policy.this.policy).Statement) == jsonencode([
      {
        Sid       = "ThisRule"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "events.amazonaws.com" }
        Resource  = "arn:aws:sns:eu-west-1:123456789012:exitwise-not-succeeded"
        Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/exitwise-not-succeeded" } }
      },
      {
        Sid       = "TheseAlarms"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Resource  = "arn:aws:sns:eu-west-1:123456789012:exitwise-not-succeeded"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:exitwise-*" }
        }
      },
    ])
    error_message = "The topic's policy is not as expected: ${aws_sns_topic_policy.this.policy}"
  }
}

run "alarms_count_executions" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name => [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic, alarm.threshold] }) == jsonencode(merge([
      for key, name in { first = "exitwise", second = "other" } : {
        for kind, metric in { aborted = "ExecutionsAborted", failed = "ExecutionsFailed", timed-out = "ExecutionsTimedOut" } :
        "exitwise-${key}-${kind}" => ["AWS/States", metric, { StateMachineArn = "arn:aws:states:eu-west-1:123456789012:stateMachine:${name}" }, "Sum", 0]
      }
    ]...))
    error_message = "The alarms are not as expected."
  }

  assert {
    condition = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) :
      alarm.treat_missing_data == "notBreaching" && alarm.comparison_operator == "GreaterThanThreshold" && alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:exitwise-not-succeeded"])
    ])
    error_message = "An alarm does not notify, or is raised although nothing happens."
  }
}

run "alarms_watch_the_function_and_the_age" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    state_machines  = { first = "arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise" }
    function_name   = "decide"
    max_age_seconds = 7200
    kms_key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  assert {
    condition = jsonencode({ for key, alarm in aws_cloudwatch_metric_alarm.this : key => [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic, alarm.threshold] if !startswith(alarm.metric_name, "Executions") }) == jsonencode({
      first-old          = ["exitwise", "AgeSeconds", { workflow = "exitwise" }, "Maximum", 7200]
      first-was-old      = ["AWS/States", "ExecutionTime", { StateMachineArn = "arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise" }, "Maximum", 7200000]
      function-errors    = ["AWS/Lambda", "Errors", { FunctionName = "decide" }, "Sum", 0]
      function-throttles = ["AWS/Lambda", "Throttles", { FunctionName = "decide" }, "Sum", 0]
    })
    error_message = "The alarms are not as expected."
  }

  # The alarm reads a metric that the function publishes with this dimension alone.
  assert {
    condition     = strcontains(file("../lambda/src/metrics.rs"), "[(\"${aws_cloudwatch_metric_alarm.this["first-old"].metric_name}\", \"Seconds\")]") && strcontains(file("../lambda/src/metrics.rs"), "&[\"workflow\"]")
    error_message = "The function does not publish AgeSeconds for each workflow."
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "The topic is not encrypted with the key."
  }
}

run "mail_links_to_the_console_of_the_partition" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    state_machines = { first = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:exitwise" }
  }

  override_data {
    target          = data.aws_region.this
    override_during = plan
    values          = { id = "cn-north-1" }
  }

  assert {
    condition     = strcontains(aws_cloudwatch_event_target.mail.input_transformer[0].input_template, "https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#/v2/executions/details/<arn> ")
    error_message = "The link is not as expected: ${aws_cloudwatch_event_target.mail.input_transformer[0].input_template}"
  }
}

run "dashboard_shows_all_metrics" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    function_name = "decide"
  }

  # The expected names are read from the function's source.
  assert {
    condition = toset([for name in regexall("MetricName=.\"([A-Za-z]+)", jsonencode(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body))) : name[0]]) == toset(
      flatten(regexall("\\(\"([A-Za-z]+)\", \"(?:Count|Seconds)\"\\)", file("../lambda/src/metrics.rs")))
    )
    error_message = "The dashboard does not show exactly the metrics that the function publishes."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : split(":", widget.properties.title)[0]] == concat([for n in range(6) : "exitwise"], [for n in range(6) : "other"])
    error_message = "The dashboard must have six widgets for each workflow."
  }

  assert {
    condition     = length(regexall("workflow=.\"other.\"", aws_cloudwatch_dashboard.this[0].dashboard_body)) == 4
    error_message = "A widget does not show the metrics of one workflow."
  }
}

# Without a function, nothing publishes metrics of decisions, nor the age of a running execution.
run "without_a_function_there_are_only_metrics_of_aws" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    max_age_seconds = 3600
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "exitwise,") && length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 4
    error_message = "The dashboard does not show exactly the metrics of Step Functions."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.namespace == "AWS/States"])
    error_message = "An alarm watches a metric that nothing publishes."
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
    name            = ""
    max_age_seconds = 0
    emails          = ["not an address"]
    kms_key_arn     = "alias/mine"
  }

  expect_failures = [var.name, var.max_age_seconds, var.emails, var.kms_key_arn]
}

run "rejects_no_state_machines" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    state_machines = {}
  }

  expect_failures = [var.state_machines]
}
