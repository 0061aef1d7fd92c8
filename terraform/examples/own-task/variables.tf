variable "cluster_name" {
  description = "Name of the cluster that the tasks run in."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets to run the tasks in."
  type        = list(string)
}

variable "tasks" {
  description = "By the family of the task definition: the container whose exit code counts, and the policy."
  type = map(object({
    container_name   = string
    policy_file      = string
    assign_public_ip = optional(bool, false)
  }))
}

variable "emails" {
  description = "Who gets mail about executions that did not succeed."
  type        = set(string)
  default     = []
}

variable "function_zip" {
  description = "Path of the function's package. Null: where lambda/package writes it."
  type        = string
  default     = null
}
