variable "name" {
  description = "Name of the function. The names of its IAM role and its log group are derived from it. It must be unique within the account and region."
  type        = string

  validation {
    condition     = can(regex("^[0-9A-Za-z_-]{1,64}$", var.name))
    error_message = "name must consist of 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "zip" {
  description = "Path of the function's deployment package, which lambda/package builds in a clone of exitwise. Absolute, or relative to the directory in which Terraform runs. `null` to use the package of a `release`."
  type        = string
  default     = null

  validation {
    condition     = var.zip != null || var.release != null
    error_message = "The function needs a package. Set zip to the path of one, or release to the version of a published one, such as 0.2.0."
  }

  validation {
    condition     = var.zip == null || var.release == null
    error_message = "Set zip or release, not both: zip is the path of a package, and release is the version of a published one."
  }
}

variable "release" {
  description = "Version of exitwise whose published package to use, such as `0.2.0`. If `<release_folder>/<release>/bootstrap-<architecture>.zip` does not exist, the plan fails and prints the commands that download the package, verify it, and put it there. `null` to use `zip`."
  type        = string
  default     = null

  validation {
    condition     = var.release == null || can(regex("^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$", var.release))
    error_message = "release must be one exact version, without a v and without an operator, such as 0.2.0."
  }
}

variable "release_folder" {
  description = "Folder for the packages of releases. Absolute, or relative to the directory in which Terraform runs. Not used with `zip`."
  type        = string
  default     = "exitwise"

  validation {
    condition     = can(regex("^[^\"$`\\\\]+$", var.release_folder))
    error_message = "release_folder must be a path without quotation marks, dollar signs, backquotes and backslashes, because it is part of shell commands."
  }
}

variable "architecture" {
  description = "Instruction set architecture that the package was built for: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "role_path" {
  description = "Path of the function's IAM role, such as `/workflows/`. Not used with `existing_role`."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.role_path))
    error_message = "role_path must be / or start and end with a slash, such as /workflows/."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of the function's IAM role. `null` for none. Not used with `existing_role`."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[^:]+:iam::[^:]+:policy/.+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "existing_role" {
  description = "IAM role for the function, instead of a new one. It must trust `lambda.amazonaws.com`, and have the permissions in the output `permissions`. `null` to create a role."
  type        = object({ arn = string })
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key that encrypts the function's log. The key's policy must allow this, see https://github.com/exitwise/exitwise/blob/main/docs/operations.md#encrypt-with-your-own-key. `null` for a key that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[^:]+:kms:[^:]+:[^:]+:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. IAM does not accept aliases."
  }
}

variable "tracing" {
  description = "Trace invocations with AWS X-Ray."
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
