# The demo: what it makes and hands on. No account, no network, no package: any file does for one here.

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

run "a_subnet_is_enough" {
  command = plan

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "A changed task definition would take the old revision from running executions."
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
    error_message = "The container is not as it should be: ${aws_ecs_task_definition.this.container_definitions}"
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "X86_64"
    error_message = "The task's processor is not the function's."
  }

  assert {
    condition     = aws_ecr_repository.this.force_delete && aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "The repository cannot be destroyed, or its tags can be moved."
  }

  assert {
    condition     = toset(jsondecode(module.retryable_task.definition).States.RunECSTask.Parameters.NetworkConfiguration.AwsvpcConfiguration.Subnets) == toset(["subnet-00000001"])
    error_message = "The task does not run in the subnet."
  }

  assert {
    condition     = jsondecode(module.retryable_task.definition).States.ProcessError.Parameters.Payload.policy == file("../policies/default.toml")
    error_message = "The default policy is not in the definition."
  }

  assert {
    condition     = length(module.alarms) == 0
    error_message = "Nobody asked for alarms."
  }

  assert {
    condition     = startswith(output.push_commands, "RUSTFLAGS=") && strcontains(output.push_commands, "docker push 123456789012.dkr.ecr.eu-west-1.amazonaws.com/exitwise-task:") && strcontains(output.push_commands, "--password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com\n")
    error_message = "The push commands cannot work: ${output.push_commands}"
  }

  assert {
    condition     = output.start_execution == "aws stepfunctions start-execution --region eu-west-1 --state-machine-arn arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise --input '{\"commands\":[\"NetworkError\"]}'"
    error_message = "The start command cannot work: ${output.start_execution}"
  }

  assert {
    condition     = output.console_url == "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise"
    error_message = "The console is elsewhere: ${output.console_url}"
  }
}

run "the_roles_of_the_task" {
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
    error_message = "The execution role may do something else: ${aws_iam_role_policy.execution.policy}"
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
    error_message = "Not ECS alone takes on the task's roles."
  }
}

run "other_settings" {
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
    alarms             = {}
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "123456789012.dkr.ecr.eu-west-1.amazonaws.com/exitwise-task@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    error_message = "The digest does not choose the image."
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64" && strcontains(output.push_commands, "--platform linux/arm64") && strcontains(output.push_commands, "aarch64-unknown-linux-gnu")
    error_message = "The task is not for Graviton."
  }

  assert {
    condition = jsonencode(jsondecode(module.retryable_task.definition).States.RunECSTask.Parameters.NetworkConfiguration.AwsvpcConfiguration) == jsonencode({
      Subnets        = ["subnet-00000001", "subnet-0123456789abcdef0"]
      SecurityGroups = ["sg-00000001"]
      AssignPublicIp = "DISABLED"
    })
    error_message = "The network is not as said."
  }

  assert {
    condition     = aws_ecs_cluster.this.name == "nightly" && aws_ecs_task_definition.this.family == "nightly-task" && aws_ecr_repository.this.name == "nightly-task"
    error_message = "The name is not in the names."
  }

  assert {
    condition     = length(module.alarms) == 1
    error_message = "There are no alarms."
  }
}
