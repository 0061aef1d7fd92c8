output "state_machine_arn" {
  description = "ARN of the state machine: start executions of it."
  value       = aws_sfn_state_machine.this.arn
}

output "definition" {
  description = "The state machine's definition as deployed."
  value       = local.definition
}

output "role_arn" {
  description = "ARN of the state machine's role."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "Log group of the state machine."
  value       = aws_cloudwatch_log_group.this.name
}

output "worst_case" {
  description = "The most that one execution can take under the policy: runs of the task, and seconds of waiting. Null where the policy is not validated."
  value       = try(local.verdict.worst_case, null)
}

output "policy_warnings" {
  description = "What the function warns of in the policy, each on a line; empty where there is nothing."
  value       = local.policy_ok ? try(local.verdict.message, "") : ""
}
