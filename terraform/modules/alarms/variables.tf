variable "name" {
  description = "Name of the dashboard; the rule and the topic are named after it."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,50}$", var.name))
    error_message = "A name has 1 to 50 letters, digits, - and _."
  }
}

variable "state_machine_arns" {
  description = "ARNs of the state machines to watch: at least one, all of one region."
  type        = list(string)

  validation {
    condition     = length(var.state_machine_arns) > 0
    error_message = "Name at least one state machine."
  }
}

variable "emails" {
  description = "Addresses that get mail, each after it has confirmed."
  type        = set(string)
  default     = []
}

variable "dashboard" {
  description = "Whether there is a dashboard."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of every resource that has tags."
  type        = map(string)
  default     = {}
}
