# The demo with every setting except image_tag, which image_digest replaces: on Graviton and Fargate Spot, in private
# subnets, with email notifications and a dashboard.

module "exitwise" {
  source = "../.."

  name               = "nightly"
  subnet_id          = var.subnet_ids[0]
  extra_subnet_ids   = slice(var.subnet_ids, 1, length(var.subnet_ids))
  security_group_ids = var.security_group_ids
  assign_public_ip   = false

  policy_file     = "${path.module}/../../../policies/spot-first.toml"
  validate_policy = true
  function_zip    = var.function_zip

  architecture         = "arm64"
  capacity_provider    = "FARGATE_SPOT"
  cpu                  = 1024
  memory               = 2048
  container_name       = "app"
  image_digest         = var.image_digest
  task_timeout_seconds = 4 * 3600

  alarms             = { emails = var.emails, dashboard = true }
  log_retention_days = 90
  tags               = { service = "nightly" }
}
