# Runs existing task definitions, each under its own policy. One function decides for all of them.

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

data "aws_ecs_task_definition" "this" {
  for_each = var.tasks

  task_definition = each.key
}

module "process_error" {
  source = "../../modules/process-error"

  name    = "${var.name}-process-error"
  zip     = var.function_zip
  release = var.function_release
}

module "retryable_task" {
  source   = "../../modules/retryable-task"
  for_each = var.tasks

  name        = "${each.key}-with-retries"
  policy_file = each.value.policy_file
  function    = module.process_error.function

  cluster_arn         = data.aws_ecs_cluster.this.arn
  task_definition_arn = data.aws_ecs_task_definition.this[each.key].arn
  container_name      = each.value.container_name
  pass_role_arns = compact([
    data.aws_ecs_task_definition.this[each.key].execution_role_arn,
    data.aws_ecs_task_definition.this[each.key].task_role_arn,
  ])

  # Tasks in another network mode than awsvpc use the network of their instance.
  network_mode       = data.aws_ecs_task_definition.this[each.key].network_mode
  launch_type        = each.value.launch_type
  capacity_providers = each.value.capacity_providers
  subnet_ids         = data.aws_ecs_task_definition.this[each.key].network_mode == "awsvpc" ? var.subnet_ids : []
  assign_public_ip   = each.value.assign_public_ip
}

module "alarms" {
  source = "../../modules/alarms"

  name           = var.name
  state_machines = { for family, task in module.retryable_task : family => task.state_machine_arn }
  function_name  = module.process_error.function.function_name
  emails         = var.emails
}

# What failed in the cluster, for `exitwise backtest`.
module "failure_log" {
  source = "../../modules/failure-log"

  name         = var.name
  cluster_arns = [data.aws_ecs_cluster.this.arn]
}
