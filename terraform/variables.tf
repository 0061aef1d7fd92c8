variable "subnet_id" {
  description = "ID of the subnet in which the task runs. Use `extra_subnet_ids` to add more."
  type        = string

  validation {
    condition     = can(regex("^subnet-[0-9a-f]{8,17}$", var.subnet_id))
    error_message = "subnet_id must be a subnet ID such as subnet-0123456789abcdef0."
  }
}

variable "extra_subnet_ids" {
  description = "IDs of additional subnets in the same VPC, at most 15. ECS places each attempt in one of the subnets. Empty for none."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "IDs of the task's security groups, at most 5. Empty for the default security group of the VPC."
  type        = list(string)
  default     = []
}

variable "assign_public_ip" {
  description = "Assign a public IP address to the task. Without one, the task needs a NAT gateway or VPC endpoints to pull its image and to write its logs."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the state machine and of the cluster. The names of all other resources are derived from it. It must be unique within the account and region."
  type        = string
  default     = "exitwise"

  # Also the rules for names of ECR repositories.
  validation {
    condition     = length(var.name) <= 40 && can(regex("^[a-z][0-9a-z]*(-[0-9a-z]+)*$", var.name))
    error_message = "name must consist of 1 to 40 lowercase letters, digits and single hyphens between them, and start with a letter."
  }
}

variable "policy_file" {
  description = "Path of the policy, a TOML file. Absolute, or relative to the directory in which Terraform runs. `null` for policies/default.toml of this project."
  type        = string
  default     = null
}

variable "validate_policy" {
  description = "Validate the policy with the function in every plan and apply, and refuse a policy that has errors or does not fit `container_name`, `capacity_providers`, `task_timeout_seconds`, `cpu` or `memory`. Requires `lambda:InvokeFunction` on the function's versions, also for plan. `false` to deploy the policy without this check. Not used with the native backend, which checks the same in `compiled_definition`, without AWS."
  type        = bool
  default     = true
}

variable "backend" {
  description = "What decides after a failure: `lambda` for a function, or `native` for the state machine itself, without a function. `native` needs `compiled_definition`."
  type        = string
  default     = "lambda"

  validation {
    condition     = contains(["lambda", "native"], var.backend)
    error_message = "backend must be lambda or native."
  }
}

variable "compiled_definition" {
  description = "Path of the state machine that `exitwise compile` wrote for the policy, for the native backend. Absolute, or relative to the directory in which Terraform runs. `null` for the backend `lambda`."
  type        = string
  default     = null
}

variable "function_zip" {
  description = "Path of the function's deployment package, which lambda/package builds. Absolute, or relative to the directory in which Terraform runs. `null` for target/lambda/bootstrap.zip of this project. Required if `CARGO_TARGET_DIR` was set when the package was built. Not used with the native backend."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Instruction set architecture of the function and of the task: `x86_64` or `arm64`. The deployment package and the image must be built for it."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "cpu" {
  description = "CPU units of the task. 1024 units are one vCPU."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "cpu must be a value that Fargate supports: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "Memory of the task, in MiB. Must be a value that Fargate supports with `cpu`."
  type        = number
  default     = 512

  # Source: Amazon ECS Developer Guide, "Fargate task definition differences", task CPU and memory.
  validation {
    condition = contains(lookup({
      256   = [512, 1024, 2048]
      512   = range(1024, 4097, 1024)
      1024  = range(2048, 8193, 1024)
      2048  = range(4096, 16385, 1024)
      4096  = range(8192, 30721, 1024)
      8192  = range(16384, 61441, 4096)
      16384 = range(32768, 122881, 8192)
    }, var.cpu, [var.memory]), var.memory)
    error_message = "Fargate does not support ${var.memory} MiB of memory with ${var.cpu} CPU units. It supports, in GiB: 0.5, 1 or 2 with 256 units; 1 to 4 with 512; 2 to 8 with 1024; 4 to 16 with 2048; 8 to 30 with 4096; 16 to 60 in steps of 4 with 8192; 32 to 120 in steps of 8 with 16384. One GiB is 1024 MiB."
  }
}

variable "container_name" {
  description = "Name of the task's container. If the policy sets `container`, it must be the same name."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,255}$", var.container_name))
    error_message = "container_name must consist of 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "image_tag" {
  description = "Tag that `push_commands` gives to the task's image, and that the task runs unless `image_digest` is set. Tags are immutable, so each push needs a new one. `null` for the version in Cargo.toml."
  type        = string
  default     = null

  validation {
    condition     = var.image_tag == null || can(regex("^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$", var.image_tag))
    error_message = "image_tag must consist of 1 to 128 letters, digits, underscores, periods and hyphens, and must not start with a period or a hyphen."
  }
}

variable "image_digest" {
  description = "Digest of the image that the task runs (`sha256:…`). All attempts of an execution then run the same image. `null` to use `image_tag`."
  type        = string
  default     = null

  validation {
    condition     = var.image_digest == null || can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest must be sha256: followed by 64 lowercase hexadecimal digits."
  }
}

variable "capacity_providers" {
  description = "Capacity providers of the task, in the order of `[capacity]` in the policy: `FARGATE_SPOT` and `FARGATE`. A task starts on the first one, and the policy can move its later attempts to the other. Empty to use `capacity_provider_strategy`."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.capacity_providers : contains(["FARGATE", "FARGATE_SPOT"], name)])
    error_message = "Each of capacity_providers must be FARGATE or FARGATE_SPOT, the providers of the demo's cluster."
  }
}

variable "capacity_provider_strategy" {
  description = "Capacity providers among which ECS divides the tasks: `FARGATE`, and `FARGATE_SPOT` for interruptible capacity. `weight`: share of the tasks, relative to the other weight. `base`: number of tasks to place with this provider first; only one provider can have a base. Empty to use the launch type FARGATE."
  type = list(object({
    capacity_provider = string
    weight            = optional(number, 1)
    base              = optional(number, 0)
  }))
  default = []

  validation {
    condition     = alltrue([for provider in var.capacity_provider_strategy : contains(["FARGATE", "FARGATE_SPOT"], provider.capacity_provider)])
    error_message = "Each capacity_provider must be FARGATE or FARGATE_SPOT, the providers of the demo's cluster."
  }
}

variable "task_timeout_seconds" {
  description = "Timeout of one attempt, in whole seconds, including the time to start the container. An attempt that takes longer fails with `States.Timeout`. `null` for `max_run_time` of the policy, or for 3600 if the policy has none or is not validated. If the policy has `max_run_time`, another number is refused."
  type        = number
  default     = null
}

variable "also_allow" {
  description = "Additional ARNs that the state machine's role may use, for executions that still run with an earlier definition. See the variable of modules/retryable-task."
  type = object({
    cluster_arns         = optional(list(string), [])
    task_definition_arns = optional(list(string), [])
    pass_role_arns       = optional(list(string), [])
    function_arns        = optional(list(string), [])
    kms_key_arns         = optional(list(string), [])
  })
  default = {}
}

variable "kept_images" {
  description = "Number of images to keep in the ECR repository. Older ones are deleted, also if an execution or `image_digest` still refers to them."
  type        = number
  default     = 50

  validation {
    condition     = var.kept_images >= 1 && floor(var.kept_images) == var.kept_images
    error_message = "kept_images must be a whole number, at least 1."
  }
}

variable "role_path" {
  description = "Path of all IAM roles, such as `/workflows/`."
  type        = string
  default     = "/"
}

variable "permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of all IAM roles. `null` for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key that encrypts the state machine, all logs, the images and the notifications. The key's policy must allow this, see docs/operations.md, \"Encrypt with your own key\". `null` for keys that AWS owns. A change replaces the image repository, with all images."
  type        = string
  default     = null
}

variable "log_level" {
  description = "Events in the state machine's log: `ALL`, `ERROR`, `FATAL` or `OFF`. The log never contains execution data."
  type        = string
  default     = "ALL"
}

variable "tracing" {
  description = "Trace executions and invocations of the function with AWS X-Ray."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Number of days to keep log events. Must be a retention period that CloudWatch Logs supports, for example 7, 30 or 365."
  type        = number
  default     = 30

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days must be a retention period that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "alarms" {
  description = "Notifications about executions that failed, timed out or were aborted, CloudWatch alarms, and a dashboard. `emails`: addresses to notify, each of which must confirm its subscription first. `dashboard`: create the dashboard. `max_age_seconds`: also report executions that are older; see the variable of modules/alarms. `null` for none of these."
  type = object({
    emails          = optional(set(string), [])
    dashboard       = optional(bool, true)
    max_age_seconds = optional(number)
  })
  default = null
}

variable "tags" {
  description = "Tags for all resources that support them, and for the tasks. Empty for none."
  type        = map(string)
  default     = {}
}
