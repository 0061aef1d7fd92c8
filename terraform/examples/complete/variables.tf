variable "subnet_ids" {
  description = "IDs of the private subnets in which the task can run: 1 to 16, all in the same VPC. They need a NAT gateway or VPC endpoints, so that the task can pull its image and write its logs."
  type        = list(string)
}

variable "security_group_ids" {
  description = "IDs of the task's security groups, at most 5. Empty for the default security group of the VPC."
  type        = list(string)
}

variable "image_digest" {
  description = "Digest of the image that the task runs. `null` to use the default tag, which is the version in Cargo.toml."
  type        = string
  default     = null
}

variable "emails" {
  description = "Email addresses to notify of executions that did not succeed. Empty for none."
  type        = set(string)
}

variable "function_zip" {
  description = "Path of the function's deployment package. `null` for target/lambda/bootstrap.zip of this project."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that is the permissions boundary of all IAM roles. `null` for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of a symmetric KMS key for the state machine, logs, images and notifications. `null` for keys that AWS owns."
  type        = string
  default     = null
}

variable "former_role_arns" {
  description = "ARNs of the tasks' former roles, for executions that still run. Empty for none."
  type        = list(string)
  default     = []
}
