# The demo's image repository, cluster and task definition, with its log group and roles.

data "aws_region" "this" {}

locals {
  # The cluster's ARN contains the partition, region and account: arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME.
  cluster   = split(":", aws_ecs_cluster.this.arn)
  partition = local.cluster[1]
  account   = local.cluster[4]
  region    = data.aws_region.this.id

  # IAM role names must be unique within the account, across regions, and have at most 64 characters.
  role_names = { for role, full_name in { for role in ["execution", "task"] : role => "${var.name}-${local.region}-${role}" } :
    role => length(full_name) <= 64 ? full_name : "${substr(full_name, 0, 55)}-${substr(sha256(full_name), 0, 8)}"
  }

  image_tag = coalesce(var.image_tag, regex("(?m)^version = \"(.+)\"$", file("${path.module}/../Cargo.toml"))[0])
  image     = "${aws_ecr_repository.this.repository_url}${var.image_digest == null ? ":${local.image_tag}" : "@${var.image_digest}"}"
}

resource "aws_ecr_repository" "this" {
  name                 = "${var.name}-task"
  image_tag_mutability = "IMMUTABLE"
  # Without this, `terraform destroy` fails while the repository contains images.
  force_delete = true
  tags         = var.tags

  image_scanning_configuration {
    scan_on_push = true
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key_arn[*]

    content {
      encryption_type = "KMS"
      kms_key         = encryption_configuration.value
    }
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the newest ${var.kept_images} images"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.kept_images }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecs_cluster" "this" {
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-task"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = var.tags

  # Running executions keep the revision that they started with. If Terraform deregistered it when the task definition
  # changes, their next attempt could not start.
  skip_destroy = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  container_definitions = jsonencode([{
    name                   = var.container_name
    image                  = local.image
    essential              = true
    readonlyRootFilesystem = true
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.task.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "task"
      }
    }
  }])
}

resource "aws_cloudwatch_log_group" "task" {
  name              = "/ecs/${var.name}-task"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

locals {
  # Trust policy of both task roles: only ECS can assume them, and only for tasks in this account and region.
  trust_of_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })
}

# Task execution role. ECS uses it to pull the image and to write the container's logs.
resource "aws_iam_role" "execution" {
  name                 = local.role_names.execution
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_of_tasks
  tags                 = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "pull-and-log"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # This action does not support resource-level permissions.
        Sid      = "LogIn"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = aws_ecr_repository.this.arn
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.task.arn}:*"
      },
    ]
  })
}

# Task role, for the program in the container. It has no permissions, because the demo program does not call AWS.
resource "aws_iam_role" "task" {
  name                 = local.role_names.task
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_of_tasks
  tags                 = var.tags
}
