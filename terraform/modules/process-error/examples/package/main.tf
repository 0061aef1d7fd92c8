# The function, from a package that lambda/package built.

module "process_error" {
  source = "../.."

  name         = "workflows-process-error"
  zip          = var.zip
  architecture = var.architecture
}
