# The function's deployment package: a file that the user built, or that of a release.

locals {
  published = "bootstrap-${var.architecture}.zip"
  folder    = "${var.release_folder}/${coalesce(var.release, "VERSION")}"
  package   = coalesce(var.zip, "${local.folder}/${local.published}")

  # The folder has the version in its name, so that another release never uses the package of this one. The package is moved
  # there after it has been verified, so that Terraform never uses one that is not. The attestation must be for the tag, so that
  # a package of another release is refused, although the same workflow built it.
  downloads = "https://github.com/exitwise/exitwise/releases/download/v${coalesce(var.release, "VERSION")}"
  fetch     = <<-EOT
    curl -fsSLO ${local.downloads}/${local.published} &&
    curl -fsSLO ${local.downloads}/SHA256SUMS &&
    gh attestation verify ${local.published} --repo exitwise/exitwise --source-ref refs/tags/v${coalesce(var.release, "VERSION")} &&
    sha256sum -c --ignore-missing SHA256SUMS &&
    mkdir -p "${local.folder}" && mv ${local.published} "${local.folder}/"
  EOT

  # The commands are indented, because Terraform breaks lines that are not.
  missing = (var.release == null
    ? "${local.package} does not exist. Build it with lambda/package ${var.architecture} in a clone of exitwise, or set release instead, for a package that is published."
    : "${local.package} does not exist. To download the package and verify it, run in the directory in which Terraform runs:\n\n  ${indent(2, local.fetch)}"
  )
}
