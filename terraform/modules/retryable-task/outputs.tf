output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "console_url" {
  description = "URL of the state machine in the AWS console."
  value       = "https://${local.region}.${lookup(local.consoles, local.partition, local.consoles.aws)}/states/home?region=${local.region}#/statemachines/view/${aws_sfn_state_machine.this.arn}"
}

output "definition" {
  description = "Definition of the state machine, in Amazon States Language (JSON), as deployed."
  value       = local.definition
}

output "role_arn" {
  description = "ARN of the state machine's IAM role."
  value       = local.role_arn
}

output "permissions" {
  description = "IAM policy (JSON) with the permissions that the state machine's role needs. Attach it to `existing_role`."
  value       = local.permissions
}

output "log_group_name" {
  description = "Name of the state machine's log group. `null` if `log_level` is `OFF`."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}

output "worst_case" {
  description = "Worst case of one execution under the policy: `runs` (attempts), `wait_seconds` (sum of all waits, in seconds), `history_events` (of an execution that fails), `exact` (`false` if these figures are only upper bounds), and `witness` (the rules that allow the retries in an execution with the most runs, one entry per retry; empty if there are no retries or if no such execution is known). `null` if `validate_policy` is `false`. With the native backend, as `exitwise compile` computed it."
  value       = try(local.verdict.worst_case, null)
}

output "policy_warnings" {
  description = "Warnings about the policy, one per line. Empty if there are none, if `validate_policy` is `false`, or with the native backend: `exitwise compile` prints them."
  value       = local.policy_ok ? try(local.verdict.message, "") : ""
}
