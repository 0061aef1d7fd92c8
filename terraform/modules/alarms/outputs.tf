output "topic_arn" {
  description = "ARN of the SNS topic that receives a message for each execution that did not succeed, and those of the alarms. Subscribe further endpoints to it."
  value       = aws_sns_topic.this.arn
}

output "alarm_arns" {
  description = "ARNs of the CloudWatch alarms, by the part of their names after `name`."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.arn }
}
