output "function" {
  description = "The published function, for `function` of modules/retryable-task."

  value = {
    arn           = aws_lambda_function.this.arn
    function_name = aws_lambda_function.this.function_name
    version       = aws_lambda_function.this.version
    qualified_arn = aws_lambda_function.this.qualified_arn
  }
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "Log group of the function: a line for each decision, and the metrics."
  value       = aws_cloudwatch_log_group.this.name
}
