# Deployments that share an account and a region: the demo twice, and examples/own-task.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "function_zip" {
  description = "Path of the function's deployment package."
  type        = string
}

module "demo" {
  source = "../.."

  subnet_id    = "subnet-00000001"
  function_zip = var.function_zip
  alarms       = { max_age_seconds = 3600 }
}

module "second" {
  source = "../.."

  name         = "second"
  subnet_id    = "subnet-00000001"
  function_zip = var.function_zip
  alarms       = { max_age_seconds = 3600 }
}

module "own_tasks" {
  source = "../../examples/own-task"

  cluster_name = "main"
  subnet_ids   = ["subnet-00000001"]
  function_zip = var.function_zip
  tasks = {
    report = { container_name = "app", policy_file = "../policies/default.toml" }
    import = { container_name = "loader", policy_file = "../policies/minimal.toml" }
  }
}
