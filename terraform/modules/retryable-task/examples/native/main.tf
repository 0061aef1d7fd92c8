# A task on Fargate whose state machine decides itself, without a function. `exitwise compile` wrote policy.asl.json; README.md has
# the command.

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

data "aws_ecs_task_definition" "this" {
  task_definition = var.task_family
}

module "task" {
  source = "../.."

  name        = "${var.task_family}-with-retries"
  policy_file = "${path.module}/policy.toml"

  backend             = "native"
  compiled_definition = "${path.module}/policy.asl.json"

  cluster_arn         = data.aws_ecs_cluster.this.arn
  task_definition_arn = data.aws_ecs_task_definition.this.arn
  container_name      = "app"
  pass_role_arns      = compact([data.aws_ecs_task_definition.this.execution_role_arn, data.aws_ecs_task_definition.this.task_role_arn])
  subnet_ids          = var.subnet_ids
}
