output "push_commands" {
  description = "Builds the task's image and pushes it."
  value       = module.exitwise.push_commands
}

output "start_execution" {
  description = "Starts an execution."
  value       = module.exitwise.start_execution
}
