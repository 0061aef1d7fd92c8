output "get_month" {
  description = "Shell command that prints the failures of the last 30 days, for `exitwise backtest`."
  value       = module.failure_log.get_month
}
