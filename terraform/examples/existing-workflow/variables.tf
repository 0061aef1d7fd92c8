variable "name" {
  description = "Name of the state machine. The names of the other resources are derived from it."
  type        = string
  default     = "sales"

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,30}$", var.name))
    error_message = "name must consist of 1 to 30 letters, digits, hyphens and underscores."
  }
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster in which the tasks run."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:[^:]+:[^:]+:cluster/[^/]+$", var.cluster_arn))
    error_message = "cluster_arn must be the ARN of an ECS cluster, such as arn:aws:ecs:eu-west-1:123456789012:cluster/main."
  }
}

variable "export_task_family" {
  description = "Family of the task definition that exports the sales. Its container is `app`."
  type        = string
}

variable "train_task_family" {
  description = "Family of the task definition that trains the model of a region. Its container is `app`."
  type        = string
}

variable "subnet_ids" {
  description = "IDs of the subnets in which the tasks can run: 1 to 16, all in the same VPC."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16
    error_message = "subnet_ids must contain 1 to 16 subnet IDs."
  }
}
