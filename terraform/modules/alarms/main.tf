# Notifications, alarms and a dashboard for one or more state machines. Two ways lead to the topic: EventBridge sends a
# message for each execution that did not succeed, with its error and a link, but delivers events on a best-effort basis.
# CloudWatch alarms count the same executions, and also see what no event reports (alarms.tf).

data "aws_region" "this" {}

locals {
  # arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME.
  some_arn  = split(":", values(var.state_machines)[0])
  partition = local.some_arn[1]
  account   = local.some_arn[4]
  region    = data.aws_region.this.id

  # Names of the state machines, by the keys of `state_machines`.
  workflows = { for key, arn in var.state_machines : key => reverse(split(":", arn))[0] }

  # Host names of the AWS console, without the region, by partition.
  consoles = {
    aws        = "console.aws.amazon.com"
    aws-cn     = "console.amazonaws.cn"
    aws-eusc   = "console.amazonaws-eusc.eu"
    aws-us-gov = "console.amazonaws-us-gov.com"
  }
  console = "https://${local.region}.${lookup(local.consoles, local.partition, local.consoles.aws)}/states/home?region=${local.region}"
}

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
      stateMachineArn = values(var.state_machines)
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
      status = "$.detail.status"
    }
    # A JSON string, written by hand: jsonencode would escape < as \u003c, which hides the placeholders from EventBridge.
    input_template = "\"Execution <name>: <status> <error>. Decisions and their reasons: ${local.console}#/v2/executions/details/<arn> In a shell: EXECUTION=<arn>\""
  }
}

# EventBridge and CloudWatch cannot publish to a topic that is encrypted with the AWS managed key for SNS. So the topic is
# encrypted with a key of the user's, or not at all.
resource "aws_sns_topic" "this" {
  name              = "${var.name}-not-succeeded"
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThisRule"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "events.amazonaws.com" }
        Resource  = aws_sns_topic.this.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.this.arn } }
      },
      {
        Sid       = "TheseAlarms"
        Effect    = "Allow"
        Action    = "sns:Publish"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Resource  = aws_sns_topic.this.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*" }
        }
      },
    ]
  })
}

# SNS sends a confirmation link first. An address gets no notifications until that link has been opened.
resource "aws_sns_topic_subscription" "mail" {
  for_each = var.emails

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}
