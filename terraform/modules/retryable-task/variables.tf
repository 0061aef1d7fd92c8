variable "name" {
  description = "Name of the state machine; its role and its log group are named after it."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "A name has 1 to 50 letters, digits, - and _."
  }
}

variable "policy_file" {
  description = "Path of the policy, a TOML file. Its text goes into the definition: each execution keeps the policy it started with."
  type        = string

  validation {
    condition     = fileexists(var.policy_file)
    error_message = "There is no such file: give the policy's path, from the folder that Terraform runs in or from /."
  }
}

variable "validate_policy" {
  description = "Whether the function is asked, in each plan and apply, if the policy can be used. Needs lambda:InvokeFunction on the function's versions, for plan too."
  type        = bool
  default     = true
}

variable "function" {
  description = "The published function that decides: the output `function` of modules/process-error."
  type = object({
    arn           = string
    function_name = string
    version       = string
    qualified_arn = string
  })
}

variable "cluster_arn" {
  description = "ARN of the ECS cluster that the task runs in."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:[^:]+:[^:]+:cluster/[^/]+$", var.cluster_arn))
    error_message = "The ARN of a cluster looks like arn:aws:ecs:eu-west-1:123456789012:cluster/main."
  }
}

variable "task_definition_arn" {
  description = "ARN of the task definition. With its revision (`…:task-definition/report:7`) every attempt of an execution runs the same one; without, each attempt runs the newest."
  type        = string

  validation {
    condition     = can(regex("^arn:[^:]+:ecs:[^:]+:[^:]+:task-definition/[^/:]+(:[0-9]+)?$", var.task_definition_arn))
    error_message = "The ARN of a task definition looks like arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7."
  }
}

variable "container_name" {
  description = "The container of the task definition that gets the execution's `commands`, and whose exit code counts."
  type        = string
}

variable "pass_role_arns" {
  description = "ARNs of the task definition's roles, which the state machine hands to ECS: the execution role and, if there is one, the task role."
  type        = list(string)
  default     = []
}

variable "subnet_ids" {
  description = "Subnets to run the task in: 1 to 16, all of one VPC."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "Give 1 to 16 subnets, each like subnet-0123456789abcdef0."
  }
}

variable "security_group_ids" {
  description = "Security groups of the task, at most 5. None: the VPC's default one."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.security_group_ids) <= 5 && alltrue([for id in var.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "Give at most 5 security groups, each like sg-0123456789abcdef0."
  }
}

variable "assign_public_ip" {
  description = "Whether the task gets a public address. Without one it reaches its registry and its log group through NAT or VPC endpoints only. ECS gives none on EC2 instances."
  type        = bool
  default     = true
}

variable "launch_type" {
  description = "FARGATE, or EC2 for instances of your own. Not looked at where there is a capacity provider."
  type        = string
  default     = "FARGATE"

  validation {
    condition     = contains(["FARGATE", "EC2"], var.launch_type)
    error_message = "The launch type is FARGATE or EC2."
  }

  validation {
    condition     = var.launch_type == "FARGATE" || !var.assign_public_ip
    error_message = "ECS gives tasks on EC2 instances no public address: set assign_public_ip = false."
  }
}

variable "capacity_provider" {
  description = "Capacity provider of the cluster to use instead of a launch type: FARGATE_SPOT, say."
  type        = string
  default     = null
}

variable "task_timeout_seconds" {
  description = "Longest time that one run of the task may take, in seconds, before it counts as hung."
  type        = number
  default     = 3600

  validation {
    condition     = var.task_timeout_seconds >= 1 && var.task_timeout_seconds <= 99999999 && floor(var.task_timeout_seconds) == var.task_timeout_seconds
    error_message = "A state may take 1 to 99999999 whole seconds."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept; one of the figures CloudWatch knows."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags of every resource that has tags."
  type        = map(string)
  default     = {}
}
