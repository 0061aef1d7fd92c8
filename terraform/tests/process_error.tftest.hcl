# modules/process-error: the function and its role.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name = "decide"
  zip  = "tests/process_error.tftest.hcl"
}

run "publishes_the_function" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  assert {
    condition     = aws_lambda_function.this.publish && output.function.version == "5" && endswith(output.function.qualified_arn, ":5")
    error_message = "The function is not published, or the output does not name its version."
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.source_code_hash == filebase64sha256("tests/process_error.tftest.hcl")
    error_message = "The runtime or the hash of the package is not as expected."
  }
}

run "role_has_minimal_permissions" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  override_resource {
    target          = aws_cloudwatch_log_group.this
    override_during = plan
    values          = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/exitwise-process-error" }
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.this[0].policy).Statement) == jsonencode([
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/exitwise-process-error:*"
      },
      { Sid = "XRay", Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = "*" },
    ])
    error_message = "The permissions of the function are not as expected: ${aws_iam_role_policy.this[0].policy}"
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role.this[0].assume_role_policy).Statement) == jsonencode([
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ])
    error_message = "The trust policy must allow Lambda, and nobody else."
  }
}

run "rejects_a_missing_package" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip = "tests/no-such.zip"
  }

  expect_failures = [aws_lambda_function.this]
}

run "says_how_to_build_a_missing_package" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    architecture = "arm64"
  }

  assert {
    condition     = strcontains(local.missing, "lambda/package arm64") && !strcontains(local.missing, "curl")
    error_message = "The message about a missing package is not as expected: ${local.missing}"
  }
}

run "uses_the_package_of_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip            = null
    release        = "0.2.0"
    release_folder = "modules/process-error/tests/releases"
  }

  assert {
    condition     = aws_lambda_function.this.filename == "modules/process-error/tests/releases/0.2.0/bootstrap-x86_64.zip" && aws_lambda_function.this.source_code_hash == filebase64sha256(aws_lambda_function.this.filename)
    error_message = "The package is not that of the release: ${aws_lambda_function.this.filename}"
  }

  # .ci/fetch runs the commands.
  assert {
    condition     = local.fetch == <<-EOT
      curl -fsSLO https://github.com/exitwise/exitwise/releases/download/v0.2.0/bootstrap-x86_64.zip &&
      curl -fsSLO https://github.com/exitwise/exitwise/releases/download/v0.2.0/SHA256SUMS &&
      gh attestation verify bootstrap-x86_64.zip --repo exitwise/exitwise --source-ref refs/tags/v0.2.0 &&
      sha256sum -c --ignore-missing SHA256SUMS &&
      mkdir -p "modules/process-error/tests/releases/0.2.0" && mv bootstrap-x86_64.zip "modules/process-error/tests/releases/0.2.0/"
    EOT
    error_message = "The commands are not as expected: ${local.fetch}"
  }
}

run "uses_the_package_for_the_architecture" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip            = null
    release        = "0.2.0"
    release_folder = "modules/process-error/tests/releases"
    architecture   = "arm64"
  }

  assert {
    condition     = aws_lambda_function.this.filename == "modules/process-error/tests/releases/0.2.0/bootstrap-arm64.zip" && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The package is not that for the architecture: ${aws_lambda_function.this.filename}"
  }

  assert {
    condition     = strcontains(local.missing, "/v0.2.0/bootstrap-arm64.zip") && !strcontains(local.missing, "x86_64")
    error_message = "The commands are not for the architecture: ${local.missing}"
  }
}

# The package of 0.2.0 is there, but not that of another release.
run "rejects_a_release_without_its_package" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip            = null
    release        = "0.3.0-rc.1"
    release_folder = "modules/process-error/tests/releases"
  }

  expect_failures = [aws_lambda_function.this]
}

run "rejects_a_path_and_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    release        = "0.2.0"
    release_folder = "modules/process-error/tests/releases"
  }

  expect_failures = [var.zip]
}

run "rejects_neither_a_path_nor_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip = null
  }

  expect_failures = [var.zip]
}

run "rejects_a_range_as_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip     = null
    release = "~> 0.2"
  }

  expect_failures = [var.release]
}

run "rejects_a_tag_as_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip     = null
    release = "v0.2.0"
  }

  expect_failures = [var.release]
}

run "rejects_a_part_of_a_version_as_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip     = null
    release = "0.2"
  }

  expect_failures = [var.release]
}

run "rejects_a_path_as_a_release" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip     = null
    release = "0.2.0-../.."
  }

  expect_failures = [var.release]
}

run "rejects_a_folder_that_the_shell_would_change" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    zip            = null
    release        = "0.2.0"
    release_folder = "$(pwd)"
  }

  expect_failures = [var.release_folder]
}

run "rejects_invalid_values" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    name         = "a b"
    architecture = "amd64"

    role_path            = "workflows"
    permissions_boundary = "boundary"
    kms_key_arn          = "alias/mine"
  }

  expect_failures = [var.name, var.architecture, var.role_path, var.permissions_boundary, var.kms_key_arn]
}

run "applies_all_settings" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    role_path            = "/workflows/"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    kms_key_arn          = "arn:aws:kms:eu-west-1:123456789012:key/1"
    tracing              = false
  }

  assert {
    condition     = aws_iam_role.this[0].name == "decide-eu-west-1" && aws_iam_role.this[0].path == "/workflows/" && aws_iam_role.this[0].permissions_boundary == var.permissions_boundary
    error_message = "The name, the path or the permissions boundary of the role is not as expected."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The log is not encrypted with the key."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough" && jsondecode(aws_iam_role_policy.this[0].policy).Statement[*].Sid == ["Logs"]
    error_message = "Tracing is not off, or the role may still write traces."
  }
}

run "shortens_a_long_role_name" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    name = "a-function-name-that-has-as-many-characters-as-lambda-permits-64"
  }

  assert {
    condition     = length(aws_iam_role.this[0].name) == 64 && startswith(aws_iam_role.this[0].name, "a-function-name-that-has-as-many-characters-as-lambda-p")
    error_message = "The role's name is not as expected: ${aws_iam_role.this[0].name}"
  }
}

run "uses_an_existing_role" {
  command = plan

  module {
    source = "./modules/process-error"
  }

  variables {
    existing_role = { arn = "arn:aws:iam::123456789012:role/mine" }
  }

  assert {
    condition     = length(aws_iam_role.this) == 0 && length(aws_iam_role_policy.this) == 0 && aws_lambda_function.this.role == "arn:aws:iam::123456789012:role/mine" && output.role_arn == "arn:aws:iam::123456789012:role/mine"
    error_message = "A role is created, or the function does not use the existing one."
  }

  assert {
    condition     = jsondecode(output.permissions).Statement[*].Sid == ["Logs", "XRay"]
    error_message = "The output permissions is not what the role needs: ${output.permissions}"
  }
}
