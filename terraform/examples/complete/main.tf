# The demo with every setting except image_tag, which image_digest replaces: on Graviton, mostly on Fargate Spot, in private
# subnets, with a permissions boundary, a key of your own, email notifications, alarms and a dashboard.

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

  architecture = "arm64"
  capacity_provider_strategy = [
    { capacity_provider = "FARGATE_SPOT", weight = 3 },
    { capacity_provider = "FARGATE" },
  ]
  cpu                  = 1024
  memory               = 2048
  container_name       = "app"
  image_digest         = var.image_digest
  task_timeout_seconds = 4 * 3600

  alarms             = { emails = var.emails, dashboard = true, max_age_seconds = 12 * 3600 }
  kept_images        = 20
  log_level          = "ERROR"
  log_retention_days = 90
  tracing            = true
  tags               = { service = "nightly" }

  role_path            = "/workflows/"
  permissions_boundary = var.permissions_boundary
  kms_key_arn          = var.kms_key_arn

  # The role of tasks before a change, until no execution uses it any longer.
  also_allow = { pass_role_arns = var.former_role_arns }
}
