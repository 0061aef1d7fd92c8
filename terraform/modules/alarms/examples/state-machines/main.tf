# Notifications, alarms and a dashboard for state machines that exist, whatever deployed them.

data "aws_sfn_state_machine" "this" {
  for_each = var.state_machines

  name = each.value
}

module "alarms" {
  source = "../.."

  name            = "workflows"
  state_machines  = { for key, machine in data.aws_sfn_state_machine.this : key => machine.arn }
  function_name   = var.function_name
  emails          = var.emails
  max_age_seconds = 6 * 3600
}
