# modules/retryable-task: where tasks run. Launch types, capacity providers and network modes.

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
}

run "ec2_with_awsvpc" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type = "EC2"
    subnet_ids  = ["subnet-00000001"]
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.placement.LaunchType == "EC2"
    error_message = "The task does not use the launch type EC2."
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp == "DISABLED"
    error_message = "A task on EC2 instances cannot have a public IP address."
  }
}

# ECS answers "Network Configuration is not valid for the given networkMode" if there is one.
run "ec2_with_bridge" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type  = "EC2"
    network_mode = "bridge"
  }

  assert {
    condition     = jsonencode(keys(merge(jsondecode(output.definition).States.Init.Assign.runTask, jsondecode(output.definition).States.Init.Assign.placement))) == jsonencode(["Cluster", "LaunchType", "TaskDefinition"])
    error_message = "The variables of the state machine are not as expected: ${jsonencode(jsondecode(output.definition).States.Init.Assign)}"
  }

  assert {
    condition     = keys(jsondecode(output.definition).States) == keys(jsondecode(file("modules/retryable-task/state-machine.asl.json")).States)
    error_message = "The definition lost a state together with the network configuration."
  }
}

run "ec2_provider_with_host" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    network_mode               = "host"
    capacity_provider_strategy = [{ capacity_provider = "gpu", base = 2 }, { capacity_provider = "spare", weight = 4 }]
  }

  # ECS rejects a launch type together with a capacity provider strategy.
  assert {
    condition     = jsonencode(keys(merge(jsondecode(output.definition).States.Init.Assign.runTask, jsondecode(output.definition).States.Init.Assign.placement))) == jsonencode(["CapacityProviderStrategy", "Cluster", "TaskDefinition"])
    error_message = "The variables of the state machine are not as expected: ${jsonencode(jsondecode(output.definition).States.Init.Assign)}"
  }

  assert {
    condition = jsonencode(jsondecode(output.definition).States.Init.Assign.placement.CapacityProviderStrategy) == jsonencode([
      { CapacityProvider = "gpu", Weight = 1, Base = 2 },
      { CapacityProvider = "spare", Weight = 4, Base = 0 },
    ])
    error_message = "The strategy is not as expected."
  }
}

run "fargate_spot" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE_SPOT" }]
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp == "ENABLED"
    error_message = "A task on Fargate has a public IP address by default."
  }
}

run "providers_in_the_order_of_the_policy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids         = ["subnet-00000001"]
    capacity_providers = ["FARGATE_SPOT", "FARGATE"]
  }

  assert {
    condition = jsonencode(jsondecode(output.definition).States.Init.Assign.placement) == jsonencode({
      CapacityProviderStrategy = [{ CapacityProvider = "FARGATE_SPOT", Weight = 1, Base = 0 }]
    })
    error_message = "A task must start on the first provider alone."
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp == "ENABLED"
    error_message = "A task on Fargate has a public IP address by default."
  }
}

# A policy can move a task from Fargate to instances, where ECS cannot assign public IP addresses.
run "providers_of_both_kinds" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids         = ["subnet-00000001"]
    capacity_providers = ["FARGATE", "managed-instances"]
  }

  assert {
    condition     = jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp == "DISABLED"
    error_message = "A task on instances cannot have a public IP address."
  }
}

run "external" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type  = "EXTERNAL"
    network_mode = "host"
  }

  assert {
    condition     = jsonencode(jsondecode(output.definition).States.Init.Assign.placement) == jsonencode({ LaunchType = "EXTERNAL" })
    error_message = "The task does not use the launch type EXTERNAL."
  }

  assert {
    condition     = !can(jsondecode(output.definition).States.Init.Assign.runTask.NetworkConfiguration)
    error_message = "Only tasks with the network mode awsvpc have a network configuration."
  }
}

run "rejects_external_with_awsvpc" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type = "EXTERNAL"
    subnet_ids  = ["subnet-00000001"]
  }

  expect_failures = [var.network_mode]
}

run "rejects_fargate_among_the_providers_without_awsvpc" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    network_mode       = "bridge"
    capacity_providers = ["gpu", "FARGATE"]
  }

  expect_failures = [var.network_mode]
}

run "rejects_wrong_providers" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids         = ["subnet-00000001"]
    capacity_providers = ["fargate", "gpu", "gpu"]
  }

  expect_failures = [var.capacity_providers]
}

run "rejects_providers_together_with_a_strategy" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_providers         = ["gpu"]
    capacity_provider_strategy = [{ capacity_provider = "spare" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_a_public_ip_address_on_ec2" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type      = "EC2"
    subnet_ids       = ["subnet-00000001"]
    assign_public_ip = true
  }

  expect_failures = [var.assign_public_ip]
}

run "rejects_a_public_ip_address_with_an_ec2_provider" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    capacity_provider_strategy = [{ capacity_provider = "gpu" }]
    subnet_ids                 = ["subnet-00000001"]
    assign_public_ip           = true
  }

  expect_failures = [var.assign_public_ip]
}

run "rejects_fargate_without_awsvpc" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    network_mode = "bridge"
  }

  expect_failures = [var.network_mode]
}

run "rejects_an_unknown_launch_type" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type = "MANAGED_INSTANCES"
  }

  expect_failures = [var.launch_type]
}

run "rejects_an_unknown_network_mode" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type  = "EC2"
    network_mode = "nat"
  }

  expect_failures = [var.network_mode]
}

run "rejects_awsvpc_without_subnets" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  expect_failures = [var.subnet_ids]
}

run "rejects_subnets_without_awsvpc" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    launch_type        = "EC2"
    network_mode       = "host"
    subnet_ids         = ["subnet-00000001"]
    security_group_ids = ["sg-00000001"]
  }

  expect_failures = [var.subnet_ids, var.security_group_ids]
}

run "rejects_an_empty_provider" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_an_unknown_fargate_provider" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE_ARM" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_fargate_together_with_ec2" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE" }, { capacity_provider = "gpu" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_weights_that_are_all_zero" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE", weight = 0 }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_a_second_base" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE", base = 1 }, { capacity_provider = "FARGATE_SPOT", base = 1 }]
  }

  expect_failures = [var.capacity_provider_strategy]
}

run "rejects_a_provider_named_twice" {
  command = plan

  module {
    source = "./modules/retryable-task"
  }

  variables {
    subnet_ids                 = ["subnet-00000001"]
    capacity_provider_strategy = [{ capacity_provider = "FARGATE" }, { capacity_provider = "FARGATE" }]
  }

  expect_failures = [var.capacity_provider_strategy]
}
