variable "name" {
  description = "Name of the state machine. The names of its IAM role and its log group are derived from it. It must be unique within the account and region."
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
  description = "Validate the policy with the function in every plan and apply, and refuse a policy that has errors or does not fit `container_name`, `capacity_providers`, `task_timeout_seconds` or `task_size`. Requires `lambda:InvokeFunction` on the function's versions, also for plan. `false` to deploy the policy without this check. Not used with the native backend, which checks the same in `compiled_definition`, without AWS."
  type        = bool
  default     = true
}

variable "backend" {
  description = "What decides after a failure: `lambda` for the function of modules/process-error, or `native` for the state machine itself, without a function. `native` needs `compiled_definition`."
  type        = string
  default     = "lambda"

  validation {
    condition     = contains(["lambda", "native"], var.backend)
    error_message = "backend must be lambda or native."
  }
}

variable "compiled_definition" {
  description = "Path of the state machine that `exitwise compile` wrote for the policy, for the native backend. Absolute, or relative to the directory in which Terraform runs. Compile it again after each change of the policy: a file that was compiled from another text is refused. `null` for the backend `lambda`."
  type        = string
  default     = null

  validation {
    condition     = try(fileexists(var.compiled_definition), var.compiled_definition == null)
    error_message = "compiled_definition must be the path of an existing file. To write it, run: exitwise compile ${var.policy_file} -o ${coalesce(var.compiled_definition, "FILE")}"
  }

  validation {
    condition     = var.backend != "native" || var.compiled_definition != null
    error_message = "The native backend needs compiled_definition, the path of a compiled policy. To write one, run: exitwise compile ${var.policy_file} -o FILE"
  }

  validation {
    condition     = var.backend == "native" || var.compiled_definition == null
    error_message = "compiled_definition is for the native backend. Set backend = \"native\", or remove compiled_definition."
  }
}

variable "function" {
  description = "Function that decides after a failure: the output `function` of modules/process-error. `null` for the native backend, which needs none."
  type = object({
    arn           = string
    function_name = string
    version       = string
    qualified_arn = string
  })
  default = null

  validation {
    condition     = var.backend != "lambda" || var.function != null
    error_message = "The backend lambda needs function, the output of modules/process-error."
  }

  validation {
    condition     = var.backend != "native" || var.function == null
    error_message = "The native backend needs no function. Remove it, and keep it deployed until no execution uses it any longer, with its ARN in also_allow.function_arns."
  }
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
  description = "ARN of the task definition. With a revision (`…:task-definition/report:7`), all attempts of an execution run that revision. Without one, each attempt runs the latest active revision."
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

variable "network_mode" {
  description = "Network mode of the task definition: `awsvpc`, `bridge`, `host` or `none`. Tasks on Fargate use `awsvpc`."
  type        = string
  default     = "awsvpc"

  validation {
    condition     = contains(["awsvpc", "bridge", "host", "none"], var.network_mode)
    error_message = "network_mode must be awsvpc, bridge, host or none."
  }

  validation {
    condition     = var.network_mode == "awsvpc" || !local.is_fargate
    error_message = "Tasks on Fargate need the network mode awsvpc. For another network mode, set launch_type = \"EC2\", or name capacity providers of your own in capacity_providers or capacity_provider_strategy."
  }

  validation {
    condition     = var.network_mode == "awsvpc" || !anytrue([for name in var.capacity_providers : startswith(name, "FARGATE")])
    error_message = "Tasks on Fargate need the network mode awsvpc, and capacity_providers names a Fargate provider."
  }

  validation {
    condition     = var.network_mode != "awsvpc" || var.launch_type != "EXTERNAL" || length(local.providers) > 0
    error_message = "Tasks with the launch type EXTERNAL cannot have the network mode awsvpc. Set network_mode to that of the task definition: bridge, host or none."
  }
}

variable "subnet_ids" {
  description = "IDs of the subnets in which the task can run: 1 to 16, all in the same VPC. A policy with `next = { subnet = \"next\" }` goes through them in this order. Must be empty if `network_mode` is not `awsvpc`; the task then uses the network of its container instance."
  type        = list(string)
  default     = []

  validation {
    condition     = !local.has_network || (length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))]))
    error_message = "subnet_ids must contain 1 to 16 subnet IDs such as subnet-0123456789abcdef0."
  }

  validation {
    condition     = local.has_network || length(var.subnet_ids) == 0
    error_message = "ECS accepts subnets only with the network mode awsvpc. Set subnet_ids = [], or network_mode = \"awsvpc\" if the task definition has it."
  }
}

variable "security_group_ids" {
  description = "IDs of the task's security groups, at most 5. Empty for the default security group of the VPC. Must be empty if `network_mode` is not `awsvpc`."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.security_group_ids) <= 5 && alltrue([for id in var.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "security_group_ids must contain at most 5 security group IDs such as sg-0123456789abcdef0."
  }

  validation {
    condition     = local.has_network || length(var.security_group_ids) == 0
    error_message = "ECS accepts security groups only with the network mode awsvpc. Set security_group_ids = []; the task uses those of its container instance."
  }
}

variable "assign_public_ip" {
  description = "Assign a public IP address to the task. Without one, the task needs a NAT gateway or VPC endpoints to pull its image and to write its logs. ECS cannot assign one to a task on EC2 instances. `null` for `true` on Fargate and `false` on EC2 instances."
  type        = bool
  default     = null

  validation {
    condition     = local.is_fargate || !coalesce(var.assign_public_ip, false)
    error_message = "ECS cannot assign a public IP address to a task that does not run on Fargate. Set assign_public_ip = false."
  }
}

variable "launch_type" {
  description = "Launch type of the task: `FARGATE`, `EC2` for container instances of your own, or `EXTERNAL` for servers of your own (ECS Anywhere). Not used if `capacity_providers` or `capacity_provider_strategy` is set."
  type        = string
  default     = "FARGATE"

  validation {
    condition     = contains(["FARGATE", "EC2", "EXTERNAL"], var.launch_type)
    error_message = "launch_type must be FARGATE, EC2 or EXTERNAL. For ECS Managed Instances, name their capacity provider in capacity_providers."
  }
}

variable "capacity_providers" {
  description = "Capacity providers of the task, in the order of `[capacity]` in the policy: `FARGATE`, `FARGATE_SPOT`, or the name of a provider with EC2 instances or ECS Managed Instances. A task starts on the first one, and the policy can move its later attempts to the others. Each must be associated with the cluster. Empty to use `capacity_provider_strategy` or `launch_type`."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([for name in var.capacity_providers :
      contains(["FARGATE", "FARGATE_SPOT"], name) || (can(regex("^[0-9A-Za-z_-]{1,255}$", name)) && !can(regex("(?i)^(aws|ecs|fargate)", name)))
    ])
    error_message = "Each of capacity_providers must be FARGATE, FARGATE_SPOT, or the name of your own provider: 1 to 255 letters, digits, hyphens and underscores that do not start with aws, ecs or fargate."
  }

  validation {
    condition     = length(distinct(var.capacity_providers)) == length(var.capacity_providers)
    error_message = "capacity_providers must name each provider once."
  }
}

variable "capacity_provider_strategy" {
  description = "Capacity providers among which ECS divides the tasks, instead of `launch_type`: either `FARGATE` and `FARGATE_SPOT`, or providers of your own. If the policy has `[capacity]`, use `capacity_providers` instead. Each must be associated with the cluster. `weight`: share of the tasks, relative to the other weights. `base`: number of tasks to place with this provider first; only one provider can have a base. Empty to use `launch_type`."
  type = list(object({
    capacity_provider = string
    weight            = optional(number, 1)
    base              = optional(number, 0)
  }))
  default = []

  validation {
    condition     = length(var.capacity_provider_strategy) == 0 || length(var.capacity_providers) == 0
    error_message = "Set capacity_providers or capacity_provider_strategy, not both."
  }

  validation {
    condition = alltrue([for name in var.capacity_provider_strategy[*].capacity_provider :
      contains(["FARGATE", "FARGATE_SPOT"], name) || (can(regex("^[0-9A-Za-z_-]{1,255}$", name)) && !can(regex("(?i)^(aws|ecs|fargate)", name)))
    ])
    error_message = "Each capacity_provider must be FARGATE, FARGATE_SPOT, or the name of your own provider: 1 to 255 letters, digits, hyphens and underscores that do not start with aws, ecs or fargate."
  }

  validation {
    condition     = length(var.capacity_provider_strategy) <= 20 && length(distinct(var.capacity_provider_strategy[*].capacity_provider)) == length(var.capacity_provider_strategy)
    error_message = "capacity_provider_strategy must name each provider once, and at most 20 providers."
  }

  validation {
    condition     = length(distinct([for name in var.capacity_provider_strategy[*].capacity_provider : startswith(name, "FARGATE")])) <= 1
    error_message = "A strategy cannot combine Fargate with providers that have EC2 instances."
  }

  validation {
    condition = length(var.capacity_provider_strategy) == 0 || alltrue([
      for provider in var.capacity_provider_strategy :
      provider.weight >= 0 && provider.weight <= 1000 && floor(provider.weight) == provider.weight &&
      provider.base >= 0 && provider.base <= 100000 && floor(provider.base) == provider.base
    ]) && anytrue([for provider in var.capacity_provider_strategy : provider.weight > 0])
    error_message = "Each weight must be a whole number from 0 to 1000, at least one of them more than 0, and each base a whole number from 0 to 100000."
  }

  validation {
    condition     = length([for provider in var.capacity_provider_strategy : provider if provider.base > 0]) <= 1
    error_message = "Only one provider of the strategy can have a base."
  }
}

variable "task_timeout_seconds" {
  description = "Timeout of one attempt, in whole seconds, including the time to start the container. An attempt that takes longer fails with `States.Timeout`. `null` for `max_run_time` of the policy, or for 3600 if the policy has none or is not validated. If the policy has `max_run_time`, another number is refused."
  type        = number
  default     = null

  validation {
    condition     = alltrue([for seconds in var.task_timeout_seconds[*] : seconds >= 1 && seconds <= 99999999 && floor(seconds) == seconds])
    error_message = "task_timeout_seconds must be a whole number from 1 to 99999999."
  }
}

variable "task_size" {
  description = "Size in the task definition: `cpu`, in CPU units, and `memory`, in MiB. If the policy has sizes, the first one must be this one. `null` if you do not want this to be checked."
  type        = object({ cpu = number, memory = number })
  default     = null
}

variable "propagate_tags" {
  description = "Give each task the tags of its task definition."
  type        = bool
  default     = false
}

variable "task_tags" {
  description = "Tags for each task. Empty for none."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.task_tags) : can(regex("^.{1,128}$", key)) && !can(regex("^(?i:aws:)", key))])
    error_message = "A key in task_tags must have 1 to 128 characters, and must not start with aws:."
  }
}

variable "also_allow" {
  description = "Additional ARNs that the state machine's role may use: the clusters, task definitions (in all revisions), roles of tasks, functions and KMS keys of executions that still run, because an execution keeps the definition that it started with. Add the old ARNs when you change one of these settings, and remove them when the last of these executions has ended."
  type = object({
    cluster_arns         = optional(list(string), [])
    task_definition_arns = optional(list(string), [])
    pass_role_arns       = optional(list(string), [])
    function_arns        = optional(list(string), [])
    kms_key_arns         = optional(list(string), [])
  })
  default = {}
}

variable "role_path" {
  description = "Path of the state machine's IAM role, such as `/workflows/`. Not used with `existing_role`."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.role_path))
    error_message = "role_path must be / or start and end with a slash, such as /workflows/."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of the state machine's IAM role. `null` for none. Not used with `existing_role`."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[^:]+:iam::[^:]+:policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "existing_role" {
  description = "IAM role for the state machine, instead of a new one. It must trust `states.amazonaws.com`, and have the permissions in the output `permissions`. `null` to create a role."
  type        = object({ arn = string })
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key that encrypts the state machine's definition, its executions and its log. The key's policy must allow this, see https://github.com/exitwise/exitwise/blob/main/docs/operations.md#encrypt-with-your-own-key. `null` for keys that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[^:]+:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. IAM does not accept aliases."
  }
}

variable "log_level" {
  description = "Events in the state machine's log: `ALL`, `ERROR`, `FATAL` or `OFF`. The log never contains execution data."
  type        = string
  default     = "ALL"

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.log_level)
    error_message = "log_level must be ALL, ERROR, FATAL or OFF."
  }
}

variable "tracing" {
  description = "Trace executions with AWS X-Ray."
  type        = bool
  default     = true
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
