output "state_machine_arns" {
  description = "ARNs of the state machines, by task definition family."
  value       = { for family, task in module.retryable_task : family => task.state_machine_arn }
}

output "worst_cases" {
  description = "Worst case of one execution, by task definition family. See the output `worst_case` of modules/retryable-task."
  value       = { for family, task in module.retryable_task : family => task.worst_case }
}

output "get_month" {
  description = "Shell command that prints the failures of the cluster's tasks in the last 30 days, for `exitwise backtest`."
  value       = module.failure_log.get_month
}
