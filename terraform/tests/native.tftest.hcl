# modules/retryable-task and the demo without a function: the compiled definition, the permissions, and what a compiled
# file is compared with. `exitwise compile` wrote the files in tests/compiled; .ci/examples checks that they are up to date.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  name                = "report"
  backend             = "native"
  policy_file         = "../policies/growing.toml"
  compiled_definition = "tests/compiled/growing.asl.json"
  cluster_arn         = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
  task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7"
  container_name      = "app"
  pass_role_arns      = ["arn:aws:iam::123456789012:role/report-execution"]
  subnet_ids          = ["subnet-00000001", "subnet-00000002"]
  capacity_providers  = ["FARGATE_SPOT", "FARGATE"]
}

run "needs_no_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_size = { cpu = 1024, memory = 2048 }
  }

  assert {
    condition     = length(data.aws_lambda_invocation.policy) == 0 && !strcontains(output.definition, ":lambda:")
    error_message = "A function is invoked, by the plan or by the state machine."
  }

  assert {
    condition     = toset(jsondecode(output.permissions).Statement[*].Sid) == toset(["Run", "Watch", "HearOfStoppedTasks", "LogDelivery", "XRay", "GiveTasksTheirRoles"]) && !strcontains(output.permissions, "lambda")
    error_message = "The permissions are not those of a state machine without a function: ${output.permissions}"
  }

  assert {
    condition     = !can(regex("\\$\\{|%\\{|\"@", output.definition))
    error_message = "The rendered definition still contains a marker."
  }

  # Every expression of the compiled file is deployed as it is.
  assert {
    condition     = regexall("\\{%.*?%\\}", output.definition) == regexall("\\{%.*?%\\}", file(var.compiled_definition))
    error_message = "An expression was changed."
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
      placement = { CapacityProviderStrategy = [{ CapacityProvider = "FARGATE_SPOT", Weight = 1, Base = 0 }] }
      container = "app"
    })
    error_message = "The variables of the state machine are not as expected."
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 7200
    error_message = "The timeout of an attempt is not max_run_time."
  }

  assert {
    condition     = output.worst_case.runs == 9 && output.worst_case.wait_seconds == 450 && output.policy_warnings == ""
    error_message = "The output worst_case or policy_warnings does not match the compiled file."
  }
}

# The demo, without a deployment package: its path leads nowhere.
run "the_demo_needs_no_function" {
  command = plan

  variables {
    name                = "exitwise"
    subnet_id           = "subnet-00000001"
    policy_file         = "../policies/default.toml"
    compiled_definition = "tests/compiled/default.asl.json"
    function_zip        = "tests/no-such.zip"
    capacity_providers  = []
    alarms              = { max_age_seconds = 3600 }
  }

  assert {
    condition     = length(module.process_error) == 0 && !strcontains(module.retryable_task.permissions, "lambda")
    error_message = "The demo has a function, or its state machine may invoke one."
  }

  assert {
    condition     = jsondecode(module.retryable_task.definition).States.ProcessError.Type == "Map"
    error_message = "The deployed state machine is not the compiled one."
  }

  # Only the function publishes the age of a running execution.
  assert {
    condition     = toset(keys(module.alarms[0].alarm_arns)) == toset(["task-failed", "task-timed-out", "task-aborted", "task-was-old"])
    error_message = "The alarms are not as expected: ${join(", ", keys(module.alarms[0].alarm_arns))}"
  }
}

run "the_policy_can_be_the_default" {
  command = plan

  variables {
    name                = "exitwise"
    subnet_id           = "subnet-00000001"
    policy_file         = null
    compiled_definition = "tests/compiled/default.asl.json"
    capacity_providers  = []
  }

  assert {
    condition     = output.worst_case.runs == 12
    error_message = "The worst case is not that of the default policy."
  }
}

# The text of a policy may contain what the module looks for when it renders a definition.
run "does_not_change_the_expressions" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    policy_file         = "tests/policies/awkward-native.toml"
    compiled_definition = "tests/compiled/awkward-native.asl.json"
    capacity_providers  = []
    cluster_arn         = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/main"
    network_mode        = "bridge"
    subnet_ids          = []
    launch_type         = "EC2"
    propagate_tags      = true
  }

  assert {
    condition     = regexall("\\{%.*?%\\}", output.definition) == regexall("\\{%.*?%\\}", file(var.compiled_definition))
    error_message = "An expression was changed."
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.Resource == "arn:aws-us-gov:states:::ecs:runTask.sync"
    error_message = "The service integration is in another partition."
  }

  assert {
    condition = jsonencode(jsondecode(output.definition).States.Init.Assign.runTask) == jsonencode({
      Cluster        = var.cluster_arn
      PropagateTags  = "TASK_DEFINITION"
      TaskDefinition = var.task_definition_arn
    })
    error_message = "The arguments of RunTask are not as expected."
  }
}

run "refuses_a_file_of_another_policy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    policy_file        = "../policies/minimal.toml"
    capacity_providers = []
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_the_definition_with_the_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    compiled_definition = "modules/retryable-task/state-machine.asl.json"
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_a_file_that_is_not_a_definition" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    compiled_definition = "../policies/growing.toml"
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_another_container" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    container_name = "worker"
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_another_timeout" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_timeout_seconds = 3600
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_other_providers" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_providers = ["FARGATE"]
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "refuses_another_size" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_size = { cpu = 1024, memory = 4096 }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "needs_a_compiled_file" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    compiled_definition = null
  }

  expect_failures = [var.compiled_definition]
}

run "needs_a_compiled_file_that_exists" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    compiled_definition = "tests/compiled/no-such.json"
  }

  expect_failures = [var.compiled_definition]
}

run "refuses_a_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    function = {
      arn           = "arn:aws:lambda:eu-west-1:123456789012:function:decide"
      function_name = "decide"
      version       = "5"
      qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:decide:5"
    }
  }

  expect_failures = [var.function]
}

# Executions that started before the change of the backend still use the function.
run "allows_the_former_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    also_allow = { function_arns = ["arn:aws:lambda:eu-west-1:123456789012:function:former"] }
  }

  assert {
    condition = [for statement in jsondecode(output.permissions).Statement : jsonencode(statement.Resource) if statement.Sid == "Decide"] == [
      jsonencode(["arn:aws:lambda:eu-west-1:123456789012:function:former:*"])
    ]
    error_message = "The former function is not allowed, or another one is."
  }
}

run "the_backend_lambda_needs_a_function" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    backend             = "lambda"
    compiled_definition = null
  }

  expect_failures = [var.function]
}

run "the_backend_lambda_has_no_compiled_file" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    backend = "lambda"
    function = {
      arn           = "arn:aws:lambda:eu-west-1:123456789012:function:decide"
      function_name = "decide"
      version       = "5"
      qualified_arn = "arn:aws:lambda:eu-west-1:123456789012:function:decide:5"
    }
  }

  expect_failures = [var.compiled_definition]
}

run "rejects_another_backend" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    backend             = "wasm"
    compiled_definition = null
  }

  expect_failures = [var.backend]
}
