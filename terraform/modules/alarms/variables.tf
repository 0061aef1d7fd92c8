variable "name" {
  description = "Name of the dashboard, and prefix of the names of the EventBridge rule and the SNS topic."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "name must consist of 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "state_machine_arns" {
  description = "ARNs of the state machines to monitor. At least one; all in the account and region in which this module is deployed."
  type        = list(string)

  validation {
    condition     = length(var.state_machine_arns) > 0
    error_message = "state_machine_arns must contain at least one ARN."
  }
}

variable "emails" {
  description = "Email addresses to notify. Each address must confirm its subscription first. Empty for none."
  type        = set(string)
  default     = []
}

variable "dashboard" {
  description = "Create a CloudWatch dashboard."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags for all resources that support them. Empty for none."
  type        = map(string)
  default     = {}
}
