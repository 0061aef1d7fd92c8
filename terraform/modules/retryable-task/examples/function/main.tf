# A task on Fargate, retried as policy.toml decides. The function exists already: the module process-error deployed it, here or in
# another configuration.

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

data "aws_ecs_task_definition" "this" {
  task_definition = var.task_family
}

data "aws_lambda_function" "this" {
  function_name = var.function_name
}

module "task" {
  source = "../.."

  name        = "${var.task_family}-with-retries"
  policy_file = "${path.module}/policy.toml"
  function = {
    arn           = data.aws_lambda_function.this.arn
    function_name = data.aws_lambda_function.this.function_name
    version       = data.aws_lambda_function.this.version
    qualified_arn = data.aws_lambda_function.this.qualified_arn
  }

  cluster_arn         = data.aws_ecs_cluster.this.arn
  task_definition_arn = data.aws_ecs_task_definition.this.arn
  container_name      = "app"
  pass_role_arns      = compact([data.aws_ecs_task_definition.this.execution_role_arn, data.aws_ecs_task_definition.this.task_role_arn])
  subnet_ids          = var.subnet_ids
}
