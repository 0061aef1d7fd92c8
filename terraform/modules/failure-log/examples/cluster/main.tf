# Logs the failed tasks of one cluster.

data "aws_ecs_cluster" "this" {
  cluster_name = var.cluster_name
}

module "failure_log" {
  source = "../.."

  name         = "${var.cluster_name}-failures"
  cluster_arns = [data.aws_ecs_cluster.this.arn]
}
