# The root module: its own resources, and what it passes to the modules. The provider is mocked, so that no account and
# no network are needed. This file stands in for the deployment package.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

override_resource {
  target          = aws_iam_role.execution
  override_during = plan
  values          = { arn = "arn:aws:iam::123456789012:role/exitwise-execution" }
}

override_resource {
  target          = aws_iam_role.task
  override_during = plan
  values          = { arn = "arn:aws:iam::123456789012:role/exitwise-task" }
}

override_resource {
  target          = aws_cloudwatch_log_group.task
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/exitwise-task" }
}

variables {
  subnet_id    = "subnet-00000001"
  function_zip = "tests/demo.tftest.hcl"
}

run "plans_with_only_a_subnet" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "A change of the task definition would deregister the revision that running executions use."
  }

  assert {
    condition = jsonencode(jsondecode(aws_ecs_task_definition.this.container_definitions)) == jsonencode([{
      name                   = "app"
      image                  = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/exitwise-task:${regex("version = \"(.*)\"", file("../Cargo.toml"))[0]}"
      essential              = true
      readonlyRootFilesystem = true
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = "/ecs/exitwise-task"
          awslogs-region        = "eu-west-1"
          awslogs-stream-prefix = "task"
        }
      }
    }])
    error_message = "The container definition is not as expected: ${aws_ecs_task_definition.this.container_definitions}"
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "X86_64"
    error_message = "The architecture of the task is not that of the function."
  }

  assert {
    condition     = aws_ecr_repository.this.force_delete && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "The repository cannot be destroyed while it contains images, or its tags are mutable."
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[0].selection == { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 50 }
    error_message = "The repository does not keep exactly the newest images: ${aws_ecr_lifecycle_policy.this.policy}"
  }

  assert {
    condition     = length(module.alarms) == 0
    error_message = "modules/alarms is used although alarms is null."
  }

  assert {
    condition     = output.push_commands == <<-EOT
      rustup target add x86_64-unknown-linux-musl
      CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld cargo build --release --locked -p exitwise-task-app --target x86_64-unknown-linux-musl
      docker build --platform linux/amd64 -t ${aws_ecr_repository.this.repository_url}:${regex("version = \"(.*)\"", file("../Cargo.toml"))[0]} -f task-app/Dockerfile "$${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-musl/release"
      aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com
      docker push ${aws_ecr_repository.this.repository_url}:${regex("version = \"(.*)\"", file("../Cargo.toml"))[0]}
    EOT
    error_message = "push_commands is not as expected: ${output.push_commands}"
  }

  assert {
    condition     = output.start_execution == "aws stepfunctions start-execution --region eu-west-1 --state-machine-arn arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise --input '{\"commands\":[\"NetworkError\"]}'"
    error_message = "start_execution is not as expected: ${output.start_execution}"
  }

  assert {
    condition     = output.console_url == "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise"
    error_message = "console_url is not as expected: ${output.console_url}"
  }
}

# Without task_timeout_seconds, the definition is known only after the new function has validated the policy.
run "the_definition_has_the_subnet_and_the_default_policy" {
  command = plan

  variables {
    task_timeout_seconds = 600
  }

  assert {
    condition     = toset(jsondecode(module.retryable_task.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration.Subnets) == toset(["subnet-00000001"])
    error_message = "The task does not run in the given subnet."
  }

  assert {
    condition     = jsondecode(module.retryable_task.definition).States.ProcessError.Arguments.Payload.policy == file("../policies/default.toml")
    error_message = "The definition does not contain the default policy."
  }

  assert {
    condition     = jsondecode(module.retryable_task.definition).States.RunECSTask.TimeoutSeconds == 600
    error_message = "The timeout of an attempt is not task_timeout_seconds."
  }
}

run "task_roles_have_minimal_permissions" {
  command = plan

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.execution.policy).Statement) == jsonencode([
      { Sid = "LogIn", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:eu-west-1:123456789012:repository/exitwise-task"
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/exitwise-task:*"
      },
    ])
    error_message = "The permissions of the execution role are not as expected: ${aws_iam_role_policy.execution.policy}"
  }

  assert {
    condition = alltrue([for role in [aws_iam_role.execution, aws_iam_role.task] : jsonencode(jsondecode(role.assume_role_policy).Statement) == jsonencode([{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:eu-west-1:123456789012:*" }
      }
    }])])
    error_message = "The trust policy of a task role must allow ECS in this account and region, and nobody else."
  }
}

run "applies_all_settings" {
  command = plan

  variables {
    name               = "nightly"
    extra_subnet_ids   = ["subnet-0123456789abcdef0", "subnet-00000001"]
    security_group_ids = ["sg-00000001"]
    assign_public_ip   = false
    policy_file        = "../policies/minimal.toml"
    architecture       = "arm64"
    cpu                = 4096
    memory             = 30720
    container_name     = "app"
    image_digest       = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
    alarms             = { max_age_seconds = 3600 }
    tags               = { service = "nightly" }

    capacity_provider_strategy = [{ capacity_provider = "FARGATE_SPOT", weight = 3 }, { capacity_provider = "FARGATE", base = 1 }]
    also_allow                 = { pass_role_arns = ["arn:aws:iam::123456789012:role/former"] }
    role_path                  = "/workflows/"
    permissions_boundary       = "arn:aws:iam::123456789012:policy/boundary"
    kms_key_arn                = "arn:aws:kms:eu-west-1:123456789012:key/1"
    log_level                  = "OFF"
    tracing                    = false
    kept_images                = 5
    task_timeout_seconds       = 86400
  }

  assert {
    condition     = alltrue([for role in [aws_iam_role.execution, aws_iam_role.task] : role.path == "/workflows/" && role.permissions_boundary == var.permissions_boundary])
    error_message = "A role of the task is not under the path, or has no permissions boundary."
  }

  assert {
    condition     = aws_iam_role.execution.name == "nightly-eu-west-1-execution" && aws_iam_role.task.name == "nightly-eu-west-1-task"
    error_message = "The names of the task's roles do not contain the region."
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].kms_key == var.kms_key_arn && aws_cloudwatch_log_group.task.kms_key_id == var.kms_key_arn
    error_message = "The images or the task's log are not encrypted with the key."
  }

  # What the modules receive shows in the permissions of the state machine's role.
  assert {
    condition     = toset(jsondecode(module.retryable_task.permissions).Statement[*].Sid) == toset(["Run", "Watch", "HearOfStoppedTasks", "Decide", "GiveTasksTheirRoles", "TagNewTasks", "EncryptExecutions"])
    error_message = "The role does not have the permissions that the settings need, and no others: ${module.retryable_task.permissions}"
  }

  assert {
    condition     = contains([for statement in jsondecode(module.retryable_task.permissions).Statement : statement if statement.Sid == "GiveTasksTheirRoles"][0].Resource, "arn:aws:iam::123456789012:role/former")
    error_message = "also_allow is not passed on."
  }

  assert {
    condition     = jsondecode(module.process_error[0].permissions).Statement[*].Sid == ["Logs"]
    error_message = "The function's tracing is not off."
  }

  assert {
    condition = jsonencode(jsondecode(module.retryable_task.definition).States.Init.Assign.placement.CapacityProviderStrategy) == jsonencode([
      { CapacityProvider = "FARGATE_SPOT", Weight = 3, Base = 0 },
      { CapacityProvider = "FARGATE", Weight = 1, Base = 1 },
    ])
    error_message = "The capacity provider strategy is not as expected."
  }

  assert {
    condition     = toset(keys(module.alarms[0].alarm_arns)) == toset(["task-failed", "task-timed-out", "task-aborted", "task-old", "task-was-old", "function-errors", "function-throttles"])
    error_message = "The alarms are not as expected: ${join(", ", keys(module.alarms[0].alarm_arns))}"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/exitwise-task@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    error_message = "The image is not selected by its digest."
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64" && strcontains(output.push_commands, "--platform linux/arm64") && strcontains(output.push_commands, "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld")
    error_message = "The task or the push commands are not for arm64."
  }

  assert {
    condition = jsonencode(jsondecode(module.retryable_task.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration) == jsonencode({
      Subnets        = ["subnet-00000001", "subnet-0123456789abcdef0"]
      SecurityGroups = ["sg-00000001"]
      AssignPublicIp = "DISABLED"
    })
    error_message = "The network configuration is not as expected."
  }

  assert {
    condition     = aws_ecs_cluster.this.name == "nightly" && aws_ecs_task_definition.this.family == "nightly-task" && aws_ecr_repository.this.name == "nightly-task"
    error_message = "The resource names do not start with the given name."
  }

  assert {
    condition     = length(module.alarms) == 1
    error_message = "modules/alarms is not used although alarms is set."
  }
}
