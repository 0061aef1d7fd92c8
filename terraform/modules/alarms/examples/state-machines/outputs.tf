output "topic_arn" {
  description = "ARN of the SNS topic, for further subscriptions."
  value       = module.alarms.topic_arn
}
