variable "name" {
  description = "Name of the function and of its role."
  type        = string
  default     = "exitwise-process-error"

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,64}$", var.name))
    error_message = "A name has 1 to 64 letters, digits, - and _."
  }
}

variable "zip" {
  description = "Path of the package that lambda/package writes. Null: target/lambda/bootstrap.zip of this project; give it where CARGO_TARGET_DIR is set."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor that the package was built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"
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
