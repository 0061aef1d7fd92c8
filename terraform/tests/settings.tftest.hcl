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
    log_retention_days = 2
    kept_images        = 0
  }

  expect_failures = [
    var.subnet_id,
    var.name,
    var.architecture,
    var.cpu,
    var.container_name,
    var.image_tag,
    var.image_digest,
    var.log_retention_days,
    var.kept_images,
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

# ECR rejects repository names with a double or a final hyphen.
run "rejects_a_double_hyphen" {
  command = plan

  variables {
    name = "a--b"
  }

  expect_failures = [var.name]
}

run "rejects_a_final_hyphen" {
  command = plan

  variables {
    name = "a-"
  }

  expect_failures = [var.name]
}

run "rejects_a_long_name" {
  command = plan

  variables {
    name = "a23456789-123456789-123456789-123456789-1"
  }

  expect_failures = [var.name]
}

run "rejects_an_empty_provider" {
  command = plan

  variables {
    capacity_provider_strategy = [{ capacity_provider = "" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_a_provider_that_the_cluster_does_not_have" {
  command = plan

  variables {
    capacity_provider_strategy = [{ capacity_provider = "FARGATE" }, { capacity_provider = "gpu" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}
