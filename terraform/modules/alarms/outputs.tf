output "topic_arn" {
  description = "ARN of the topic: subscribe what is to hear of executions that did not succeed."
  value       = aws_sns_topic.this.arn
}
