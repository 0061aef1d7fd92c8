output "function" {
  description = "The function and its published version, for the variable `function` of modules/retryable-task."

  value = {
    arn           = aws_lambda_function.this.arn
    function_name = aws_lambda_function.this.function_name
    version       = aws_lambda_function.this.version
    qualified_arn = aws_lambda_function.this.qualified_arn
  }
}

output "role_arn" {
  description = "ARN of the function's execution role."
  value       = local.role_arn
}

output "permissions" {
  description = "IAM policy (JSON) with the permissions that the function's role needs. Attach it to `existing_role`."
  value       = local.permissions
}

output "log_group_name" {
  description = "Name of the function's log group. Each decision adds two lines: the decision and its metrics."
  value       = aws_cloudwatch_log_group.this.name
}
