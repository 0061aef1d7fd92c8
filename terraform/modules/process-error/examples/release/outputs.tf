output "function" {
  description = "The function, for the variable `function` of the module retryable-task."
  value       = module.process_error.function
}
