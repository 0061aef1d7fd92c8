# What the demo's variables refuse, each by name.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  subnet_id    = "subnet-00000001"
  function_zip = "tests/settings.tftest.hcl"
}

run "wrong_settings" {
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

run "memory_that_the_cpu_does_not_go_with" {
  command = plan

  variables {
    cpu    = 8192
    memory = 18432
  }

  expect_failures = [var.memory]
}

run "memory_that_it_goes_with" {
  command = plan

  variables {
    cpu    = 8192
    memory = 20480
  }
}
