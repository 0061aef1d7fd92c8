# Email notifications about executions that did not succeed, and a dashboard, for one or more state machines.

# Matches every way in which an execution can end without success: FatalError, an uncaught error, a timeout, an abort.
resource "aws_cloudwatch_event_rule" "this" {
  name        = "${var.name}-not-succeeded"
  description = "Executions that failed, timed out or were aborted"
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      status          = ["FAILED", "TIMED_OUT", "ABORTED"]
      stateMachineArn = var.state_machine_arns
    }
  })
}

# The email contains neither the execution's input, which may contain secrets, nor its cause, which may quote the input.
resource "aws_cloudwatch_event_target" "mail" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = aws_sns_topic.this.arn

  input_transformer {
    input_paths = {
      arn    = "$.detail.executionArn"
      error  = "$.detail.error"
      name   = "$.detail.name"
      region = "$.region"
      status = "$.detail.status"
    }
    # A JSON string, written by hand: jsonencode would escape < as \u003c, which hides the placeholders from EventBridge.
    input_template = "\"Execution <name>: <status> <error>. Decisions and their reasons: https://<region>.console.aws.amazon.com/states/home?region=<region>#/v2/executions/details/<arn>\""
  }
}

# Not encrypted: EventBridge cannot publish to a topic that is encrypted with the AWS managed key for SNS.
resource "aws_sns_topic" "this" {
  name = "${var.name}-not-succeeded"
  tags = var.tags
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ThisRuleOnly"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Principal = { Service = "events.amazonaws.com" }
      Resource  = aws_sns_topic.this.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.this.arn } }
    }]
  })
}

# SNS sends a confirmation link first. An address gets no notifications until that link has been opened.
resource "aws_sns_topic_subscription" "mail" {
  for_each = var.emails

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}
