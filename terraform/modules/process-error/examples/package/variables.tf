variable "zip" {
  description = "Path of the package, absolute or relative to the directory in which Terraform runs."
  type        = string
}

variable "architecture" {
  description = "Architecture that the package was built for: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"
}
