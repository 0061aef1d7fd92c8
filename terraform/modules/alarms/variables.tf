variable "name" {
  description = "Prefix of the names of the EventBridge rule, the SNS topic, the alarms and the dashboard. It must be unique within the account and region."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "name must consist of 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "state_machines" {
  description = "ARNs of the state machines to monitor, by a key that becomes part of the alarms' names. At least one; all in the account and region in which this module is deployed."
  type        = map(string)

  validation {
    condition     = length(var.state_machines) > 0
    error_message = "state_machines must contain at least one ARN."
  }
}

variable "function_name" {
  description = "Name of the function that decides about failures, for alarms on its errors and throttles. `null` if there is none, because the state machines have the native backend: then nothing publishes the metrics of decisions, and there are no alarms and widgets for them."
  type        = string
  default     = null
}

variable "max_age_seconds" {
  description = "Age of an execution, in seconds, above which an alarm is raised. No AWS metric shows the age of a running execution. The function publishes it at each decision, and Step Functions when the execution ends; each has an alarm. So an execution is seen when an attempt fails or when the execution ends, but not during an attempt or a wait: later than its age by at most the timeout of an attempt, or the longest wait of the policy. `null` for no such alarms."
  type        = number
  default     = null

  validation {
    condition     = var.max_age_seconds == null || coalesce(var.max_age_seconds, 1) > 0
    error_message = "max_age_seconds must be more than 0, or null."
  }
}

variable "emails" {
  description = "Email addresses to notify. Each address must confirm its subscription first. Empty for none."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+$", address))])
    error_message = "emails must contain email addresses, such as night@example.org."
  }
}

variable "dashboard" {
  description = "Create a CloudWatch dashboard, with a section for each state machine."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key that encrypts the notifications in SNS. The key's policy must allow this, see https://github.com/exitwise/exitwise/blob/main/docs/operations.md#encrypt-with-your-own-key. `null` for no encryption at rest."
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
