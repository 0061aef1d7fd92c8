# Each example can be planned.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  function_zip = "tests/examples.tftest.hcl"
}

run "complete" {
  command = plan

  module {
    source = "./examples/complete"
  }

  variables {
    subnet_ids         = ["subnet-00000001", "subnet-00000002"]
    security_group_ids = ["sg-00000001"]
    emails             = ["night@example.org"]
  }
}

run "own_task" {
  command = plan

  module {
    source = "./examples/own-task"
  }

  variables {
    cluster_name = "main"
    subnet_ids   = ["subnet-00000001"]
    tasks = {
      report = { container_name = "app", policy_file = "../policies/default.toml" }
      import = { container_name = "loader", policy_file = "../policies/minimal.toml", assign_public_ip = true }
    }
  }

  assert {
    condition     = toset(keys(output.state_machine_arns)) == toset(["report", "import"])
    error_message = "The example must create one state machine for each task."
  }
}
