# CloudWatch alarms. Each is in the state ALARM while its metric is above the threshold, and notifies when it enters it.

locals {
  # Alarms of each state machine, by the last part of their names.
  of_executions = {
    failed    = { metric = "ExecutionsFailed", text = "failed" }
    timed-out = { metric = "ExecutionsTimedOut", text = "timed out" }
    aborted   = { metric = "ExecutionsAborted", text = "were aborted" }
  }
  execution_alarms = merge([for key, arn in var.state_machines : {
    for kind, alarm in local.of_executions : "${key}-${kind}" => {
      description = "Executions of ${local.workflows[key]} ${alarm.text}."
      namespace   = "AWS/States"
      metric      = alarm.metric
      dimensions  = { StateMachineArn = arn }
      statistic   = "Sum"
      threshold   = 0
    }
  }]...)

  # The age of an execution, in two metrics: that of the function while the execution runs, and that of Step Functions
  # when the execution has ended.
  age_alarms = var.max_age_seconds == null ? {} : merge([for key, arn in var.state_machines : merge(
    var.function_name == null ? {} : {
      "${key}-old" = {
        description = "An execution of ${local.workflows[key]} is older than ${var.max_age_seconds} seconds and still fails."
        namespace   = "exitwise"
        metric      = "AgeSeconds"
        dimensions  = { workflow = local.workflows[key] }
        statistic   = "Maximum"
        threshold   = var.max_age_seconds
      }
    },
    {
      "${key}-was-old" = {
        description = "An execution of ${local.workflows[key]} took longer than ${var.max_age_seconds} seconds."
        namespace   = "AWS/States"
        metric      = "ExecutionTime"
        dimensions  = { StateMachineArn = arn }
        statistic   = "Maximum"
        threshold   = var.max_age_seconds * 1000
      }
    },
  )]...)

  # The dimension FunctionName alone stands for all versions of the function.
  function_alarms = var.function_name == null ? {} : {
    for kind, metric in { errors = "Errors", throttles = "Throttles" } : "function-${kind}" => {
      description                = "${metric} of the function ${var.function_name}, which decides about failures."
      namespace                  = "AWS/Lambda"
      metric                     = metric
      dimensions                 = { FunctionName = var.function_name }
      statistic                  = "Sum"
      threshold                  = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = merge(local.execution_alarms, local.age_alarms, local.function_alarms)

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 1
  # No data means that no execution started, ended or failed.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.this.arn]
  tags               = var.tags
}
