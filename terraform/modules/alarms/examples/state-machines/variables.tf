variable "state_machines" {
  description = "Names of the state machines, by a key that becomes part of the alarms' names."
  type        = map(string)
}

variable "function_name" {
  description = "Name of the function that decides about failures. `null` if the state machines decide themselves."
  type        = string
  default     = null
}

variable "emails" {
  description = "Email addresses to notify. Empty for none."
  type        = set(string)
  default     = []
}
