output "topic_arn" {
  description = "ARN of the SNS topic that receives a message for each execution that did not succeed. Subscribe further endpoints to it."
  value       = aws_sns_topic.this.arn
}
