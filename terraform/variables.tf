variable "subnet_id" {
  description = "Subnet to run the task in."
  type        = string

  validation {
    condition     = can(regex("^subnet-[0-9a-f]{8,17}$", var.subnet_id))
    error_message = "A subnet's id looks like subnet-0123456789abcdef0."
  }
}

variable "extra_subnet_ids" {
  description = "Further subnets of the same VPC, so that ECS can place the task where there is room: at most 15."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the task, at most 5. None: the VPC's default one."
  type        = list(string)
  default     = []
}

variable "assign_public_ip" {
  description = "Whether the task gets a public address. Without one it reaches its registry and its log group through NAT or VPC endpoints only."
  type        = bool
  default     = true
}

variable "name" {
  description = "Name of the state machine and the cluster; everything else is named after it. Choose another for a second copy in one account and region."
  type        = string
  default     = "exitwise"

  validation {
    condition     = can(regex("^[a-z][0-9a-z-]{0,39}$", var.name))
    error_message = "A name has 1 to 40 small letters, digits and -, and starts with a letter."
  }
}

variable "policy_file" {
  description = "Path of the policy, from the folder that Terraform runs in or from /. Null: policies/default.toml."
  type        = string
  default     = null
}

variable "validate_policy" {
  description = "Whether the function is asked, in each plan and apply, if the policy can be used. Needs lambda:InvokeFunction on the function's versions, for plan too."
  type        = bool
  default     = true
}

variable "function_zip" {
  description = "Path of the package that lambda/package writes. Null: target/lambda/bootstrap.zip; give it where CARGO_TARGET_DIR is set."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor of the function and of the task: x86_64 or arm64. Package and image are to be built for it."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "cpu" {
  description = "Processor units of the task, 1024 to a vCPU."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate gives 256, 512, 1024, 2048, 4096, 8192 or 16384 units."
  }
}

variable "memory" {
  description = "Memory of the task, in MiB."
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
    error_message = "Fargate gives ${var.cpu} units of CPU no ${var.memory} MiB. In GiB: 0.5, 1 or 2 with 256; 1 to 4 with 512; 2 to 8 with 1024; 4 to 16 with 2048; 8 to 30 with 4096; 16 to 60 by fours with 8192; 32 to 120 by eights with 16384."
  }
}

variable "container_name" {
  description = "Name of the task's container. A policy that names a container must name this one."
  type        = string
  default     = "app"

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,255}$", var.container_name))
    error_message = "A container's name has 1 to 255 letters, digits, - and _."
  }
}

variable "image_tag" {
  description = "Tag of the image. A tag cannot be pushed twice. Null: the version in Cargo.toml."
  type        = string
  default     = null

  validation {
    condition     = var.image_tag == null || can(regex("^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$", var.image_tag))
    error_message = "A tag has 1 to 128 letters, digits, _, . and -, and starts with none of the last two."
  }
}

variable "image_digest" {
  description = "Digest of the image, instead of its tag."
  type        = string
  default     = null

  validation {
    condition     = var.image_digest == null || can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "A digest is sha256: and 64 hexadecimal digits."
  }
}

variable "capacity_provider" {
  description = "FARGATE_SPOT for interruptible capacity, FARGATE, or null for the launch type FARGATE."
  type        = string
  default     = null

  validation {
    condition     = var.capacity_provider == null || contains(["FARGATE", "FARGATE_SPOT"], coalesce(var.capacity_provider, "FARGATE"))
    error_message = "This cluster has the capacity providers FARGATE and FARGATE_SPOT."
  }
}

variable "task_timeout_seconds" {
  description = "Longest time that one run of the task may take, in seconds, before it counts as hung."
  type        = number
  default     = 3600
}

variable "log_retention_days" {
  description = "Days that logs are kept; one of the figures CloudWatch knows."
  type        = number
  default     = 30

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "alarms" {
  description = "Mail about executions that failed, timed out or were aborted, and a dashboard. Null: neither."
  type = object({
    emails    = optional(set(string), [])
    dashboard = optional(bool, true)
  })
  default = null
}

variable "tags" {
  description = "Tags of every resource that has tags."
  type        = map(string)
  default     = {}
}
