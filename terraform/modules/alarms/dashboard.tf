locals {
  # arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME
  region = split(":", var.state_machine_arns[0])[3]

  # The function's metrics have the dimensions type and rule, so that no list of rules is needed here.
  decided = {
    Decisions   = { title = "Decisions, by type and rule", stat = "Sum" }
    WaitSeconds = { title = "Longest wait decided, in seconds", stat = "Maximum" }
    Retries     = { title = "Most retries of one execution", stat = "Maximum" }
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
          title  = "Time of ${reverse(split(":", arn))[0]}'s executions, in ms"
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
