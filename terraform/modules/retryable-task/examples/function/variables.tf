variable "function_name" {
  description = "Name of the function that decides about failures."
  type        = string
}

variable "cluster_name" {
  description = "Name of the ECS cluster in which the task runs."
  type        = string
}

variable "task_family" {
  description = "Family of the task definition. Its container is `app`."
  type        = string
}

variable "subnet_ids" {
  description = "IDs of the subnets in which the task can run: 1 to 16, all in the same VPC."
  type        = list(string)
}
