# Demo: runs the task in task-app/ on its own ECS cluster and retries it as a policy decides. For a task definition of
# your own, use modules/retryable-task as examples/own-task does.

module "process_error" {
  source = "./modules/process-error"
  count  = var.backend == "native" ? 0 : 1

  name               = "${var.name}-process-error"
  zip                = coalesce(var.function_zip, "${path.module}/../target/lambda/bootstrap.zip")
  architecture       = var.architecture
  log_retention_days = var.log_retention_days
  tracing            = var.tracing
  tags               = var.tags

  role_path            = var.role_path
  permissions_boundary = var.permissions_boundary
  kms_key_arn          = var.kms_key_arn
}

module "retryable_task" {
  source = "./modules/retryable-task"

  name                = var.name
  policy_file         = coalesce(var.policy_file, "${path.module}/../policies/default.toml")
  validate_policy     = var.validate_policy
  backend             = var.backend
  compiled_definition = var.compiled_definition
  function            = one(module.process_error[*].function)

  cluster_arn                = aws_ecs_cluster.this.arn
  task_definition_arn        = aws_ecs_task_definition.this.arn
  container_name             = var.container_name
  pass_role_arns             = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
  subnet_ids                 = distinct(concat([var.subnet_id], var.extra_subnet_ids))
  security_group_ids         = var.security_group_ids
  assign_public_ip           = var.assign_public_ip
  capacity_providers         = var.capacity_providers
  capacity_provider_strategy = var.capacity_provider_strategy
  task_timeout_seconds       = var.task_timeout_seconds
  task_size                  = { cpu = var.cpu, memory = var.memory }
  propagate_tags             = length(var.tags) > 0
  also_allow                 = var.also_allow

  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  tracing            = var.tracing
  tags               = var.tags

  role_path            = var.role_path
  permissions_boundary = var.permissions_boundary
  kms_key_arn          = var.kms_key_arn
}

module "alarms" {
  source = "./modules/alarms"
  count  = var.alarms == null ? 0 : 1

  name            = var.name
  state_machines  = { task = module.retryable_task.state_machine_arn }
  function_name   = one(module.process_error[*].function.function_name)
  emails          = var.alarms.emails
  dashboard       = var.alarms.dashboard
  max_age_seconds = var.alarms.max_age_seconds
  kms_key_arn     = var.kms_key_arn
  tags            = var.tags
}
