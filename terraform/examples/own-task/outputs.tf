output "state_machine_arns" {
  description = "By the family of the task definition: the state machine to start."
  value       = { for family, task in module.retryable_task : family => task.state_machine_arn }
}

output "worst_cases" {
  description = "By the family of the task definition: the most that one execution can take."
  value       = { for family, task in module.retryable_task : family => task.worst_case }
}
