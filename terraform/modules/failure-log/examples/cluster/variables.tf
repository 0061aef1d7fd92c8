variable "cluster_name" {
  description = "Name of the ECS cluster."
  type        = string
}
