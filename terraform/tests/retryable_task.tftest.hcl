# modules/retryable-task: the rendered definition, the role of the state machine, and the validation of the policy.

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
  pass_role_arns      = ["arn:aws:iam::123456789012:role/report-execution", "arn:aws:iam::123456789012:role/report-task"]
  subnet_ids          = ["subnet-00000001", "subnet-00000002"]
}

run "renders_the_definition" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  assert {
    condition     = aws_sfn_state_machine.this.definition == output.definition
    error_message = "The output definition differs from the deployed definition."
  }

  # The policy is excluded, because its text may contain anything.
  assert {
    condition     = !can(regex("\\$\\{|%\\{|\"@", replace(output.definition, jsonencode(file(var.policy_file)), "")))
    error_message = "The rendered definition still contains a marker."
  }

  assert {
    condition     = jsonencode(jsondecode(output.definition).States.RunECSTask) == jsonencode(jsondecode(file("modules/retryable-task/state-machine.asl.json")).States.RunECSTask)
    error_message = "The state RunECSTask is not as in the file."
  }

  assert {
    condition = jsonencode(jsondecode(output.definition).States.Init.Assign) == jsonencode({
      errorState = { type = "NONE", retryCount = 0, waitSeconds = 0, rule = "none", error = "none" }
      runTask = {
        NetworkConfiguration = {
          AwsvpcConfiguration = { Subnets = ["subnet-00000001", "subnet-00000002"], SecurityGroups = [], AssignPublicIp = "ENABLED" }
        }
        Cluster        = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
        TaskDefinition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7"
      }
      placement = { LaunchType = "FARGATE" }
      container = "app"
    })
    error_message = "The variables of the state machine are not as expected."
  }

  # Every expression of the file is deployed as it is.
  assert {
    condition     = regexall("\\{%.*?%\\}", output.definition) == regexall("\\{%.*?%\\}", file("modules/retryable-task/state-machine.asl.json"))
    error_message = "An expression was changed."
  }

  # A version, so that new code decides only for executions that start with the new definition.
  assert {
    condition     = jsondecode(output.definition).States.ProcessError.Arguments.FunctionName == var.function.qualified_arn
    error_message = "The state machine does not invoke the published version."
  }

  assert {
    condition     = jsondecode(output.definition).States.ProcessError.Arguments.Payload.policy == file(var.policy_file)
    error_message = "The policy in the definition is not the text of the policy file."
  }

  assert {
    condition     = alltrue([for state in values(jsondecode(output.definition).States) : can(state.Default) if state.Type == "Choice"])
    error_message = "A Choice state has no Default: input that matches no rule would fail with States.NoChoiceMatched."
  }

  assert {
    condition     = alltrue([for state in values(jsondecode(output.definition).States) : can(state.TimeoutSeconds) if state.Type == "Task"])
    error_message = "A Task state has no TimeoutSeconds and could run forever."
  }

  # A redrive can resume at ProcessError only if no Catch has handled its error.
  assert {
    condition     = !can(jsondecode(output.definition).States.ProcessError.Catch)
    error_message = "ProcessError has a Catch."
  }

  # A Cause contains the task's command and environment.
  assert {
    condition     = !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data
    error_message = "The log would contain the task's command and environment."
  }

  assert {
    condition     = endswith(aws_sfn_state_machine.this.logging_configuration[0].log_destination, ":*") && startswith(aws_cloudwatch_log_group.this[0].name, "/aws/vendedlogs/states/")
    error_message = "The log destination does not end in :*, or the log group is not under /aws/vendedlogs/states/."
  }

  assert {
    condition     = aws_sfn_state_machine.this.type == "STANDARD" && aws_sfn_state_machine.this.tracing_configuration[0].enabled
    error_message = "The state machine must be a Standard workflow, because Express workflows cannot wait for a task, and tracing must be enabled."
  }

  assert {
    condition     = output.worst_case.runs == 4 && output.worst_case.wait_seconds == 180 && output.policy_warnings == ""
    error_message = "The output worst_case or policy_warnings does not match the function's answer."
  }
}

run "role_has_minimal_permissions" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.this[0].policy).Statement) == jsonencode([
      {
        Sid       = "Run"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = ["arn:aws:ecs:eu-west-1:123456789012:task-definition/report:*"]
        Condition = { ArnEquals = { "ecs:cluster" = ["arn:aws:ecs:eu-west-1:123456789012:cluster/main"] } }
      },
      {
        Sid      = "Watch"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:StopTask"]
        Resource = ["arn:aws:ecs:eu-west-1:123456789012:task/main/*"]
      },
      {
        Sid      = "HearOfStoppedTasks"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = "arn:aws:events:eu-west-1:123456789012:rule/StepFunctionsGetEventsForECSTaskRule"
      },
      {
        Sid      = "Decide"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:decide:*"]
      },
      {
        Sid    = "LogDelivery"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
      {
        Sid    = "XRay"
        Effect = "Allow"
        Action = [
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ]
        Resource = "*"
      },
      {
        Sid       = "GiveTasksTheirRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = ["arn:aws:iam::123456789012:role/report-execution", "arn:aws:iam::123456789012:role/report-task"]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ])
    error_message = "The permissions of the state machine are not as expected: ${aws_iam_role_policy.this[0].policy}"
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role.this[0].assume_role_policy).Statement) == jsonencode([{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:states:eu-west-1:123456789012:stateMachine:report" }
      }
    }])
    error_message = "The trust policy must allow this state machine, and nobody else."
  }
}

run "applies_all_settings" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    cluster_arn          = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/main"
    task_definition_arn  = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/report"
    security_group_ids   = ["sg-0123456789abcdef0"]
    assign_public_ip     = false
    task_timeout_seconds = 86400
    pass_role_arns       = []
  }

  override_data {
    target          = data.aws_region.this
    override_during = plan
    values          = { id = "us-gov-west-1" }
  }

  assert {
    condition = jsonencode(jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration) == jsonencode({
      AwsvpcConfiguration = { Subnets = var.subnet_ids, SecurityGroups = var.security_group_ids, AssignPublicIp = "DISABLED" }
    })
    error_message = "The network configuration is not as expected."
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 86400 && jsondecode(output.definition).States.ProcessError.TimeoutSeconds == 60
    error_message = "The timeout of RunECSTask or of ProcessError is not as expected."
  }

  assert {
    condition     = output.console_url == "https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:exitwise"
    error_message = "console_url is not that of the partition: ${output.console_url}"
  }

  assert {
    condition     = alltrue([for state in values(jsondecode(output.definition).States) : startswith(state.Resource, "arn:aws-us-gov:states:::") if state.Type == "Task"])
    error_message = "A service integration ARN is in another partition."
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.this[0].policy).Statement : alltrue([for r in flatten([s.Resource]) : r == "*" || startswith(r, "arn:aws-us-gov:") || s.Sid == "Decide"])])
    error_message = "A permission of the role is for a resource in another partition."
  }

  # If the task definition is given without a revision, ECS checks the permission on the ARN without a revision. The
  # other ARN covers all revisions, because any new one becomes the latest.
  assert {
    condition = toset(jsondecode(aws_iam_role_policy.this[0].policy).Statement[0].Resource) == toset([
      "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/report",
      "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/report:*",
    ])
    error_message = "The role does not allow all revisions of the task definition."
  }

  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.this[0].policy).Statement[*].Sid, "GiveTasksTheirRoles")
    error_message = "iam:PassRole is allowed although there is no role to pass."
  }
}

# The text of a policy may contain characters that are special in Terraform templates, in Amazon States Language or in
# regular expressions.
run "does_not_change_the_policy_text" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    cluster_arn = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/main"
    policy_file = "tests/policies/awkward.toml"
  }

  assert {
    condition     = jsondecode(output.definition).States.ProcessError.Arguments.Payload.policy == file("tests/policies/awkward.toml")
    error_message = "The policy in the definition is not the text of the policy file."
  }

  assert {
    condition     = data.aws_lambda_invocation.policy[0].input == jsonencode({ validatePolicy = file("tests/policies/awkward.toml") }) && data.aws_lambda_invocation.policy[0].qualifier == "5"
    error_message = "The validated policy is not the deployed policy, or the version that validates it is not the published one."
  }
}

run "rejects_an_invalid_policy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  override_data {
    target          = data.aws_lambda_invocation.policy
    override_during = plan
    values          = { result = "{\"valid\":false,\"container\":null,\"message\":\"line 3: error[P017]: unknown `type` `x`\\nline 9: another\",\"worst_case\":null}" }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_an_unexpected_answer_of_the_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  override_data {
    target          = data.aws_lambda_invocation.policy
    override_during = plan
    values          = { result = "\"pong\"" }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_a_policy_for_another_container" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    container_name = "worker"
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "accepts_a_policy_without_a_container" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    container_name = "worker"
  }

  override_data {
    target          = data.aws_lambda_invocation.policy
    override_during = plan
    values          = { result = "{\"valid\":true,\"container\":null,\"message\":\"line 4: warning[P101]: never\",\"worst_case\":{\"runs\":1,\"wait_seconds\":0,\"at_most\":false}}" }
  }

  assert {
    condition     = output.policy_warnings == "line 4: warning[P101]: never"
    error_message = "The output policy_warnings does not contain the warning."
  }
}

run "validation_can_be_disabled" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    validate_policy = false
  }

  assert {
    condition     = length(data.aws_lambda_invocation.policy) == 0 && output.worst_case == null && output.policy_warnings == ""
    error_message = "The function is invoked, or the outputs worst_case and policy_warnings are not empty."
  }
}

run "rejects_invalid_values" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    name                 = "a b"
    cluster_arn          = "main"
    task_definition_arn  = "report:7"
    subnet_ids           = ["subnet-1"]
    security_group_ids   = ["default"]
    log_level            = "DEBUG"
    task_timeout_seconds = 0.5
  }

  expect_failures = [
    var.name,
    var.cluster_arn,
    var.task_definition_arn,
    var.subnet_ids,
    var.security_group_ids,
    var.log_level,
    var.task_timeout_seconds,
  ]
}

run "rejects_a_missing_policy_file" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    policy_file = "../policies/no-such.toml"
  }

  expect_failures = [var.policy_file]
}
