locals {
  # A state machine's ARN contains the region: arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME.
  region = split(":", var.state_machine_arns[0])[3]

  # The metrics that the function publishes. Their dimensions are type and rule; each widget searches for all values of
  # both, so that the rules need not be listed here.
  decided = {
    Decisions   = { title = "Decisions by type and rule", stat = "Sum" }
    WaitSeconds = { title = "Longest wait by type and rule, in seconds", stat = "Maximum" }
    Retries     = { title = "Highest retry count by type and rule", stat = "Maximum" }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [for name, metric in local.decided : {
        type   = "metric"
        width  = 8
        height = 6
        properties = {
          title   = metric.title
          region  = local.region
          view    = "timeSeries"
          stacked = metric.stat == "Sum"
          metrics = [[{
            id         = "e1"
            expression = "SEARCH('{exitwise,type,rule} MetricName=\"${name}\"', '${metric.stat}', 300)"
          }]]
        }
      }],
      [for arn in var.state_machine_arns : {
        type   = "metric"
        width  = 12
        height = 6
        properties = {
          title  = "Executions of ${reverse(split(":", arn))[0]}"
          region = local.region
          view   = "timeSeries"
          stat   = "Sum"
          period = 300
          metrics = [for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
            ["AWS/States", name, "StateMachineArn", arn]
          ]
        }
      }],
      [for arn in var.state_machine_arns : {
        type   = "metric"
        width  = 12
        height = 6
        properties = {
          title  = "Execution time of ${reverse(split(":", arn))[0]}, in milliseconds"
          region = local.region
          view   = "timeSeries"
          period = 300
          metrics = [for stat in ["p50", "p95", "Maximum"] :
            ["AWS/States", "ExecutionTime", "StateMachineArn", arn, { stat = stat, label = stat }]
          ]
        }
      }],
    )
  })
}
