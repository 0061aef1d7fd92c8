# Beside the root's own workflow, in the same folder: the same task under a policy of its own, decided by the same function.
module "second" {
  source = "./modules/retryable-task"

  name        = "second"
  policy_file = "${path.module}/../policies/second.toml"
  function    = module.process_error.function

  cluster_arn         = aws_ecs_cluster.this.arn
  task_definition_arn = aws_ecs_task_definition.this.arn
  container_name      = var.container_name
  pass_role_arns      = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
  subnet_ids          = [var.subnet_id]
}

output "second_state_machine_arn" {
  value = module.second.state_machine_arn
}
