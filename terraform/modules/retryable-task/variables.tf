variable "name" {
  description = "Name of the state machine. The names of its IAM role and its log group are derived from it. It must be unique within the account, even across regions, because IAM role names must be."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "name must consist of 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "policy_file" {
  description = "Path of the policy, a TOML file. Absolute, or relative to the directory in which Terraform runs. The policy becomes part of the state machine's definition, so that an execution keeps the policy that it started with."
  type        = string

  validation {
    condition     = fileexists(var.policy_file)
    error_message = "policy_file must be the path of an existing file, absolute or relative to the directory in which Terraform runs."
  }
}

variable "validate_policy" {
  description = "Validate the policy with the function in every plan and apply, and refuse a policy that has errors or that sets a `container` other than `container_name`. Requires `lambda:InvokeFunction` on the function's versions, also for plan. `false` to deploy the policy without this check."
  type        = bool
  default     = true
}

variable "function" {
  description = "Function that decides after a failure: the output `function` of modules/process-error."
  type = object({
    arn           = string
    function_name = string
    version       = string
    qualified_arn = string
  })
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster in which the task runs."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:[^:]+:[^:]+:cluster/[^/]+$", var.cluster_arn))
    error_message = "cluster_arn must be the ARN of an ECS cluster, such as arn:aws:ecs:eu-west-1:123456789012:cluster/main."
  }
}

variable "task_definition_arn" {
  description = "ARN of the task definition, whose network mode must be `awsvpc`. With a revision (`…:task-definition/report:7`), all attempts of an execution run that revision. Without one, each attempt runs the latest active revision."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:[^:]+:[^:]+:task-definition/[^/:]+(:[0-9]+)?$", var.task_definition_arn))
    error_message = "task_definition_arn must be the ARN of an ECS task definition, with or without a revision, such as arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7."
  }
}

variable "container_name" {
  description = "Name of the container in the task definition that receives the execution's `commands` as its command. If the policy sets `container`, the container whose exit code counts, it must be the same name."
  type        = string
}

variable "pass_role_arns" {
  description = "ARNs of the IAM roles in the task definition, which the state machine passes to ECS: the task execution role and, if there is one, the task role. Empty if the task definition has no roles."
  type        = list(string)
  default     = []
}

variable "subnet_ids" {
  description = "IDs of the subnets in which the task can run: 1 to 16, all in the same VPC."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "subnet_ids must contain 1 to 16 subnet IDs such as subnet-0123456789abcdef0."
  }
}

variable "security_group_ids" {
  description = "IDs of the task's security groups, at most 5. Empty for the default security group of the VPC."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.security_group_ids) <= 5 && alltrue([for id in var.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "security_group_ids must contain at most 5 security group IDs such as sg-0123456789abcdef0."
  }
}

variable "assign_public_ip" {
  description = "Assign a public IP address to the task. Without one, the task needs a NAT gateway or VPC endpoints to pull its image and to write its logs. Must be `false` for tasks on EC2 instances."
  type        = bool
  default     = true
}

variable "launch_type" {
  description = "Launch type of the task: `FARGATE`, or `EC2` for container instances of your own. Not used if `capacity_provider` is set."
  type        = string
  default     = "FARGATE"

  validation {
    condition     = contains(["FARGATE", "EC2"], var.launch_type)
    error_message = "launch_type must be FARGATE or EC2."
  }

  validation {
    condition     = var.launch_type == "FARGATE" || !var.assign_public_ip
    error_message = "ECS cannot assign a public IP address to a task on EC2 instances. Set assign_public_ip = false."
  }
}

variable "capacity_provider" {
  description = "Capacity provider of the task, for example `FARGATE_SPOT`. It must be associated with the cluster. `null` to use `launch_type`."
  type        = string
  default     = null
}

variable "task_timeout_seconds" {
  description = "Timeout of one attempt, in whole seconds, including the time to start the container. An attempt that takes longer fails with `States.Timeout`."
  type        = number
  default     = 3600

  validation {
    condition     = var.task_timeout_seconds >= 1 && var.task_timeout_seconds <= 99999999 && floor(var.task_timeout_seconds) == var.task_timeout_seconds
    error_message = "task_timeout_seconds must be a whole number from 1 to 99999999."
  }
}

variable "log_retention_days" {
  description = "Number of days to keep log events. Must be a retention period that CloudWatch Logs supports."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags for all resources that support them. Empty for none."
  type        = map(string)
  default     = {}
}
