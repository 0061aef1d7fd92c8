# modules/retryable-task: what a policy says about each run, and whether the deployment agrees with it. The demo makes its
# task definition, and passes the size; tests/e2e shows that another size is refused.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

override_data {
  target          = data.aws_lambda_invocation.policy
  override_during = plan
  values = {
    result = "{\"valid\":true,\"container\":\"app\",\"message\":\"\",\"max_run_time\":7200,\"capacity_providers\":[\"FARGATE_SPOT\",\"FARGATE\"],\"sizes\":[{\"cpu\":1024,\"memory\":2048},{\"cpu\":1024,\"memory\":4096}]}"
  }
}

variables {
  name        = "report"
  policy_file = "../policies/growing.toml"
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
  capacity_providers  = ["FARGATE_SPOT", "FARGATE"]
}

run "the_timeout_is_that_of_the_policy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 7200 && jsondecode(output.definition).States.ProcessError.TimeoutSeconds == 60
    error_message = "The timeout of an attempt is not max_run_time."
  }
}

run "accepts_the_timeout_and_the_size_of_the_policy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_timeout_seconds = 7200
    task_size            = { cpu = 1024, memory = 2048 }
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 7200
    error_message = "The timeout of an attempt is not max_run_time."
  }
}

run "rejects_another_timeout" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_timeout_seconds = 10800
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_providers_in_another_order" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_providers = ["FARGATE", "FARGATE_SPOT"]
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_fewer_providers" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_providers = ["FARGATE_SPOT"]
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_a_launch_type_in_place_of_providers" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_providers = []
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_a_strategy_in_place_of_providers" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_providers         = []
    capacity_provider_strategy = [{ capacity_provider = "FARGATE_SPOT" }]
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "rejects_another_cpu" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_size = { cpu = 512, memory = 2048 }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

# The size that the policy starts with must be the one of the task definition, not a later one.
run "rejects_a_later_size" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_size = { cpu = 1024, memory = 4096 }
  }

  expect_failures = [aws_sfn_state_machine.this]
}

run "without_validation_nothing_is_checked" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    validate_policy      = false
    capacity_providers   = ["FARGATE"]
    task_timeout_seconds = 60
    task_size            = { cpu = 256, memory = 512 }
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 60
    error_message = "The timeout of an attempt is not task_timeout_seconds."
  }
}

run "without_validation_the_timeout_has_a_default" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    validate_policy = false
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 3600
    error_message = "The timeout of an attempt is not the default."
  }
}

# A policy that says nothing about runs, and the function of an earlier version, which answers without these keys.
run "a_policy_without_these_settings_accepts_all" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_timeout_seconds = 60
    task_size            = { cpu = 256, memory = 512 }
  }

  override_data {
    target          = data.aws_lambda_invocation.policy
    override_during = plan
    values          = { result = "{\"valid\":true,\"container\":null,\"message\":\"\",\"max_run_time\":null,\"capacity_providers\":[],\"sizes\":[]}" }
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.placement.CapacityProviderStrategy[0].CapacityProvider == "FARGATE_SPOT"
    error_message = "A task must start on the first provider."
  }
}

run "an_earlier_function_accepts_all" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    task_size = { cpu = 256, memory = 512 }
  }

  override_data {
    target          = data.aws_lambda_invocation.policy
    override_during = plan
    values          = { result = "{\"valid\":true,\"container\":null,\"message\":\"\"}" }
  }

  assert {
    condition     = jsondecode(output.definition).States.RunECSTask.TimeoutSeconds == 3600
    error_message = "The timeout of an attempt is not the default."
  }
}
