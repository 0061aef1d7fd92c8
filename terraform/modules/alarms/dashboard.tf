locals {
  # The metrics that the function publishes for each workflow. The first three also have the dimensions type and rule;
  # each widget searches for all of their values, so that the rules need not be listed here. Without a function there are none.
  decided = var.function_name == null ? {} : {
    Decisions   = { title = "decisions by type and rule", dimensions = "workflow,type,rule", stat = "Sum" }
    WaitSeconds = { title = "longest wait by type and rule, in seconds", dimensions = "workflow,type,rule", stat = "Maximum" }
    Retries     = { title = "highest retry count by type and rule", dimensions = "workflow,type,rule", stat = "Maximum" }
    AgeSeconds  = { title = "age of the oldest execution at a decision, in seconds", dimensions = "workflow", stat = "Maximum" }
  }

  widgets = flatten([for key, arn in var.state_machines : concat(
    [for name, metric in local.decided : {
      type   = "metric"
      width  = 6
      height = 6
      properties = {
        title   = "${local.workflows[key]}: ${metric.title}"
        region  = local.region
        view    = "timeSeries"
        stacked = metric.stat == "Sum"
        metrics = [[{
          id         = "e1"
          expression = "SEARCH('{exitwise,${metric.dimensions}} MetricName=\"${name}\" workflow=\"${local.workflows[key]}\"', '${metric.stat}', 300)"
        }]]
      }
    }],
    [
      {
        type   = "metric"
        width  = 12
        height = 6
        properties = {
          title  = "${local.workflows[key]}: executions"
          region = local.region
          view   = "timeSeries"
          stat   = "Sum"
          period = 300
          metrics = [for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
            ["AWS/States", name, "StateMachineArn", arn]
          ]
        }
      },
      {
        type   = "metric"
        width  = 12
        height = 6
        properties = {
          title  = "${local.workflows[key]}: execution time, in milliseconds"
          region = local.region
          view   = "timeSeries"
          period = 300
          metrics = [for stat in ["p50", "p95", "Maximum"] :
            ["AWS/States", "ExecutionTime", "StateMachineArn", arn, { stat = stat, label = stat }]
          ]
        }
      },
    ],
  )])
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  # Dashboard names must be unique within the account, across regions.
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}
