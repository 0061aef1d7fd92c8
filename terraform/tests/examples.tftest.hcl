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

run "existing_workflow" {
  command = plan

  module {
    source = "./examples/existing-workflow"
  }

  variables {
    cluster_arn        = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
    export_task_family = "export"
    train_task_family  = "train"
    subnet_ids         = ["subnet-00000001", "subnet-00000002"]
  }

  assert {
    condition     = !can(regex("\\$\\{|%\\{", aws_sfn_state_machine.this.definition))
    error_message = "The rendered definition still contains a marker."
  }

  assert {
    condition     = jsonencode([for state in ["Export", "EachRegion", "Report"] : jsondecode(aws_sfn_state_machine.this.definition).States[state].Type]) == jsonencode(["Parallel", "Map", "Task"])
    error_message = "The policy is not in Export, or a state without a policy has changed."
  }

  # The Catch of Train sees the errors of its policy.
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).States.EachRegion.ItemProcessor.States.Train.Catch[0].Next == "KeepYesterday"
    error_message = "The Catch of Train is not on the state with the policy."
  }
}
