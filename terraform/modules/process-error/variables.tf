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

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "memory_size" {
  description = "Memory of the function, in MB; its share of a processor grows with it."
  type        = number
  default     = 256

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "Lambda gives whole numbers of MB from 128 to 10240."
  }
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

variable "tags" {
  description = "Tags of every resource that has tags."
  type        = map(string)
  default     = {}
}
