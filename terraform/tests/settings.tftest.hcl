# Validation of the root module's variables.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  subnet_id    = "subnet-00000001"
  function_zip = "tests/settings.tftest.hcl"
}

run "rejects_invalid_values" {
  command = plan

  variables {
    subnet_id          = "subnet-XYZ"
    name               = "Nightly"
    architecture       = "amd64"
    cpu                = 300
    container_name     = "my app"
    image_tag          = "-x"
    image_digest       = "sha256:0"
    capacity_provider  = "SPOT"
    log_retention_days = 2
  }

  expect_failures = [
    var.subnet_id,
    var.name,
    var.architecture,
    var.cpu,
    var.container_name,
    var.image_tag,
    var.image_digest,
    var.capacity_provider,
    var.log_retention_days,
  ]
}

run "rejects_unsupported_memory" {
  command = plan

  variables {
    cpu    = 8192
    memory = 18432
  }

  expect_failures = [var.memory]
}

run "accepts_supported_memory" {
  command = plan

  variables {
    cpu    = 8192
    memory = 20480
  }
}
