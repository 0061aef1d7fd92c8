variable "name" {
  description = "Prefix of the names of the EventBridge rules and the resource policy; the log group is called `/aws/events/<name>`. It must be unique within the account and region."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "name must consist of 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "cluster_arns" {
  description = "ARNs of the ECS clusters whose tasks to log. Empty for all clusters of the account and region, also those of Batch, in which the task of each job is logged beside the job."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.cluster_arns : can(regex("^arn:[^:]+:ecs:[^:]+:[0-9]{12}:cluster/.+$", arn))])
    error_message = "cluster_arns must contain ARNs of clusters, such as arn:aws:ecs:eu-west-1:123456789012:cluster/jobs."
  }
}

variable "only_failed" {
  description = "Leave out tasks that succeeded, as far as an event pattern can tell: those with the stop code EssentialContainerExited in which a container exited with 0 and none with another code. Two kinds are on the wrong side. A task in which one container exited with 0 and another one has no exit code is left out, although the latter may be the application. And a task whose application exited with 0 is logged if a sidecar was killed, or if somebody stopped the task. `false` logs all stopped tasks, of services too."
  type        = bool
  default     = true
}

variable "batch_jobs" {
  description = "Also log Batch jobs that failed."
  type        = bool
  default     = false
}

variable "resource_policy" {
  description = "Create the policy that allows EventBridge to write into the log group. CloudWatch Logs accepts ten such policies per account and region. `false` if one of them allows it already, such as the one for `/aws/events/*` that the console creates."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Number of days to keep events. Must be a retention period that CloudWatch Logs supports. The events contain the command and the environment that each task was started with, see the README."
  type        = number
  default     = 60
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key that encrypts the log. The key's policy must allow this, see https://github.com/exitwise/exitwise/blob/main/docs/operations.md#encrypt-with-your-own-key. `null` for a key that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[^:]+:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. IAM does not accept aliases."
  }
}

variable "tags" {
  description = "Tags for all resources that support them. Empty for none."
  type        = map(string)
  default     = {}
}
