output "log_group_name" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "ARN of the log group, for the policies of those who may read it."
  value       = aws_cloudwatch_log_group.this.arn
}

# The CLI prints the texts of a page in one line, with tabs between them. JSON has no tab except in its layout.
output "get_month" {
  description = "Shell command that prints the events of the last 30 days, one a line."
  value       = "aws logs filter-log-events --region ${data.aws_region.this.id} --log-group-name ${aws_cloudwatch_log_group.this.name} --start-time $((($(date +%s) - 2592000) * 1000)) --query 'events[].message' --output text | tr '\\t' '\\n'"
}
