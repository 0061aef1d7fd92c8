# The function, from the package of a release. The first plan prints the commands that download and verify it.

module "process_error" {
  source = "../.."

  name           = "workflows-process-error"
  release        = var.release
  release_folder = var.release_folder
  architecture   = var.architecture
}
