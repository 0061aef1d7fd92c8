variable "name" {
  description = "Name of the function and of its IAM role. It must be unique within the account, even across regions, because IAM role names must be."
  type        = string
  default     = "exitwise-process-error"

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,64}$", var.name))
    error_message = "name must consist of 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "zip" {
  description = "Path of the function's deployment package, which lambda/package builds. Absolute, or relative to the directory in which Terraform runs. `null` for target/lambda/bootstrap.zip of this project. Required if `CARGO_TARGET_DIR` was set when the package was built."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Instruction set architecture that the package was built for: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"
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
