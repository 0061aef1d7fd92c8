output "push_commands" {
  description = "Shell commands that build the task's image and push it. Run them in the root directory of the project."
  value       = module.exitwise.push_commands
}

output "start_execution" {
  description = "AWS CLI command that starts an execution."
  value       = module.exitwise.start_execution
}
