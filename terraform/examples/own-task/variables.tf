variable "name" {
  description = "Prefix of the names of the function, the alarms, the dashboard and the log of failures."
  type        = string
  default     = "own-tasks"
}

variable "cluster_name" {
  description = "Name of the ECS cluster in which the tasks run."
  type        = string
}

variable "subnet_ids" {
  description = "IDs of the subnets in which the tasks can run: 1 to 16, all in the same VPC."
  type        = list(string)
}

variable "tasks" {
  description = "Tasks to run, by task definition family. `container_name`: name of the container that receives the execution's `commands`. `policy_file`: path of the policy, absolute or relative to the directory in which Terraform runs. `launch_type`: `FARGATE`, `EC2` or `EXTERNAL`. `capacity_providers`: the providers in the order of `[capacity]` in the policy, instead of a launch type. `assign_public_ip`: assign a public IP address to the task, which ECS can do on Fargate only."
  type = map(object({
    container_name     = string
    policy_file        = string
    launch_type        = optional(string, "FARGATE")
    capacity_providers = optional(list(string), [])
    assign_public_ip   = optional(bool, false)
  }))
}

variable "emails" {
  description = "Email addresses to notify of executions that did not succeed. Empty for none."
  type        = set(string)
  default     = []
}

variable "function_zip" {
  description = "Path of the function's deployment package, such as ../../../target/lambda/bootstrap.zip. Either this or `function_release` must be set."
  type        = string
  default     = null
}

variable "function_release" {
  description = "Version of exitwise whose published package to use for the function, instead of `function_zip`. See modules/process-error."
  type        = string
  default     = null
}
