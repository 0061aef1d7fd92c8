# The function's deployment package: a file that the user built, or that of a release.

locals {
  package = var.release == null ? var.zip : "${local.folder}/${local.published}"

  # The rest is for a release. The folder has its version in the name, so that the package of another release is never used.
  version   = coalesce(var.release, "VERSION")
  folder    = "${var.release_folder}/${local.version}"
  published = "bootstrap-${var.architecture}.zip"
  downloads = "https://github.com/exitwise/exitwise/releases/download/v${local.version}"

  # The package is moved to its place only after it has been verified. The attestation must be for the tag: the same workflow also
  # built the packages of other releases.
  fetch = <<-EOT
    curl -fsSLO ${local.downloads}/${local.published} &&
    curl -fsSLO ${local.downloads}/SHA256SUMS &&
    gh attestation verify ${local.published} --repo exitwise/exitwise --source-ref refs/tags/v${local.version} &&
    sha256sum -c --ignore-missing SHA256SUMS &&
    mkdir -p "${local.folder}" && mv ${local.published} "${local.folder}/"
  EOT

  # The commands are indented, because Terraform breaks lines that are not.
  missing = (var.release == null
    ? "${coalesce(var.zip, "zip")} does not exist. Build it with lambda/package ${var.architecture} in a clone of exitwise, or set release instead, for a package that is published."
    : "${local.package} does not exist. To download the package and verify it, run in the directory in which Terraform runs:\n\n  ${indent(2, local.fetch)}"
  )
}
