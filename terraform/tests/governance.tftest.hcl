# modules/retryable-task: roles, keys, logs, tags, and permissions for executions with an earlier definition.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name        = "report"
  policy_file = "../policies/default.toml"
  function = {
    arn           = "arn:aws:lambda:eu-west-1:123456789012:function:decide"
    function_name = "decide"
    version       = "5"
    qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:decide:5"
  }
  cluster_arn         = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
  task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7"
  container_name      = "app"
  subnet_ids          = ["subnet-00000001"]
}

run "creates_a_role" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    role_path            = "/workflows/"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = aws_iam_role.this[0].name == "report-eu-west-1-state-machine" && aws_iam_role.this[0].path == "/workflows/" && aws_iam_role.this[0].permissions_boundary == var.permissions_boundary
    error_message = "The name, the path or the permissions boundary of the role is not as expected."
  }
}

run "shortens_a_long_role_name" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    name = "a-state-machine-with-the-longest-name-permitted-50"
  }

  assert {
    condition     = length(aws_iam_role.this[0].name) == 64 && startswith(aws_iam_role.this[0].name, "a-state-machine-with-the-longest-name-permitted-50-eu-w")
    error_message = "The role's name is not as expected: ${aws_iam_role.this[0].name}"
  }
}

run "rejects_invalid_values" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    role_path            = "workflows"
    permissions_boundary = "boundary"
    kms_key_arn          = "alias/mine"
    task_tags            = { "aws:team" = "data" }
  }

  expect_failures = [var.role_path, var.permissions_boundary, var.kms_key_arn, var.task_tags]
}

run "uses_an_existing_role" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    existing_role = { arn = "arn:aws:iam::123456789012:role/mine" }
  }

  assert {
    condition     = length(aws_iam_role.this) == 0 && length(aws_iam_role_policy.this) == 0 && aws_sfn_state_machine.this.role_arn == "arn:aws:iam::123456789012:role/mine" && output.role_arn == "arn:aws:iam::123456789012:role/mine"
    error_message = "A role is created, or the state machine does not use the existing one."
  }

  assert {
    condition     = jsondecode(output.permissions).Statement[*].Sid == ["Run", "Watch", "HearOfStoppedTasks", "Decide", "LogDelivery", "XRay"]
    error_message = "The output permissions is not what the role needs: ${output.permissions}"
  }
}

run "encrypts_with_a_key" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  assert {
    condition     = aws_sfn_state_machine.this.encryption_configuration[0].type == "CUSTOMER_MANAGED_KMS_KEY" && aws_sfn_state_machine.this.encryption_configuration[0].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.this[0].kms_key_id == var.kms_key_arn
    error_message = "The state machine or its log is not encrypted with the key."
  }

  # Source: Step Functions Developer Guide, "Data at rest encryption".
  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if startswith(statement.Sid, "Encrypt")]) == jsonencode([
      {
        Sid       = "EncryptExecutions"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1"]
        Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = "arn:aws:states:eu-west-1:123456789012:stateMachine:report" } }
      },
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = "arn:aws:kms:eu-west-1:123456789012:key/1"
        Condition = { StringEquals = { "kms:EncryptionContext:SourceArn" = "arn:aws:logs:eu-west-1:123456789012:*" } }
      },
    ])
    error_message = "The permissions on the key are not as expected: ${aws_iam_role_policy.this[0].policy}"
  }
}

run "logs_and_traces_can_be_off" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    log_level   = "OFF"
    tracing     = false
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 0 && output.log_group_name == null && aws_sfn_state_machine.this.logging_configuration[0].level == "OFF" && aws_sfn_state_machine.this.logging_configuration[0].log_destination == null
    error_message = "The state machine still has a log."
  }

  assert {
    condition     = !aws_sfn_state_machine.this.tracing_configuration[0].enabled && jsondecode(aws_iam_role_policy.this[0].policy).Statement[*].Sid == ["Run", "Watch", "HearOfStoppedTasks", "Decide", "EncryptExecutions"]
    error_message = "Tracing is not off, or the role has permissions for logs or traces: ${aws_iam_role_policy.this[0].policy}"
  }
}

run "logs_errors_only" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    log_level = "ERROR"
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].level == "ERROR" && !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data
    error_message = "The logging configuration is not as expected."
  }
}

run "tags_tasks" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    propagate_tags = true
    task_tags      = { cost-center = "42", team = "data \"A\"" }
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.PropagateTags == "TASK_DEFINITION" && jsondecode(output.definition).States.Init.Assign.placement.LaunchType == "FARGATE"
    error_message = "Tasks do not get the tags of their task definition."
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.Tags == [{ Key = "cost-center", Value = "42" }, { Key = "team", Value = "data \"A\"" }]
    error_message = "Tasks do not get the tags."
  }

  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if statement.Sid == "TagNewTasks"]) == jsonencode([{
      Sid       = "TagNewTasks"
      Effect    = "Allow"
      Action    = "ecs:TagResource"
      Resource  = ["arn:aws:ecs:eu-west-1:123456789012:task/main/*"]
      Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
    }])
    error_message = "The permission to tag tasks is not as expected: ${aws_iam_role_policy.this[0].policy}"
  }
}

# An execution keeps the definition that it started with: the next attempt still asks for the old cluster, task definition,
# roles and function.
run "allows_what_running_executions_use" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    pass_role_arns = ["arn:aws:iam::123456789012:role/new"]
    also_allow = {
      cluster_arns         = ["arn:aws:ecs:eu-west-1:123456789012:cluster/former"]
      task_definition_arns = ["arn:aws:ecs:eu-west-1:123456789012:task-definition/former:3"]
      pass_role_arns       = ["arn:aws:iam::123456789012:role/former"]
      function_arns        = ["arn:aws:lambda:eu-west-1:123456789012:function:former"]
      kms_key_arns         = ["arn:aws:kms:eu-west-1:123456789012:key/former"]
    }
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement.Sid => statement.Resource if contains(["Run", "Watch", "Decide", "GiveTasksTheirRoles", "EncryptExecutions"], statement.Sid) }) == jsonencode({
      Run                 = ["arn:aws:ecs:eu-west-1:123456789012:task-definition/report:*", "arn:aws:ecs:eu-west-1:123456789012:task-definition/former:*"]
      Watch               = ["arn:aws:ecs:eu-west-1:123456789012:task/main/*", "arn:aws:ecs:eu-west-1:123456789012:task/former/*"]
      Decide              = ["arn:aws:lambda:eu-west-1:123456789012:function:decide:*", "arn:aws:lambda:eu-west-1:123456789012:function:former:*"]
      EncryptExecutions   = ["arn:aws:kms:eu-west-1:123456789012:key/former"]
      GiveTasksTheirRoles = ["arn:aws:iam::123456789012:role/new", "arn:aws:iam::123456789012:role/former"]
    })
    error_message = "The role does not allow what running executions use: ${aws_iam_role_policy.this[0].policy}"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this[0].policy).Statement[0].Condition.ArnEquals["ecs:cluster"] == ["arn:aws:ecs:eu-west-1:123456789012:cluster/main", "arn:aws:ecs:eu-west-1:123456789012:cluster/former"]
    error_message = "The role does not allow tasks in the former cluster."
  }
}
