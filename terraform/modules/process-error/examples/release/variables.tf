variable "release" {
  description = "Version of the release, such as `0.2.0`."
  type        = string
}

variable "release_folder" {
  description = "Folder for the packages of releases, absolute or relative to the directory in which Terraform runs."
  type        = string
  default     = "exitwise"
}

variable "architecture" {
  description = "Architecture of the function: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"
}
