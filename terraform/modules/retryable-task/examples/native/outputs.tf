output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.task.state_machine_arn
}

output "worst_case" {
  description = "Worst case of one execution under the policy."
  value       = module.task.worst_case
}
