variable "subnet_ids" {
  description = "Private subnets of one VPC, with a way to ECR and CloudWatch Logs: at least one."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the task."
  type        = list(string)
}

variable "image_digest" {
  description = "Digest of the image to run. Null: the tag of the first push."
  type        = string
  default     = null
}

variable "emails" {
  description = "Who gets mail about executions that did not succeed."
  type        = set(string)
}

variable "function_zip" {
  description = "Path of the function's package. Null: where lambda/package writes it."
  type        = string
  default     = null
}
