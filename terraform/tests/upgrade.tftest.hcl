# An upgrade keeps the resources whose addresses have changed: `moved` blocks name the earlier ones.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "function_before" {
  state_key = "process_error"

  module {
    source = "./tests/earlier"
  }
}

run "function" {
  command   = plan
  state_key = "process_error"

  module {
    source = "./modules/process-error"
  }

  variables {
    name = "decide"
    zip  = "tests/upgrade.tftest.hcl"
  }

  assert {
    condition     = [aws_iam_role.this[0].unique_id, aws_iam_role_policy.this[0].id, aws_cloudwatch_log_group.this.id] == run.function_before.ids
    error_message = "The plan replaces resources of an earlier version."
  }
}

run "state_machine_before" {
  state_key = "retryable_task"

  module {
    source = "./tests/earlier"
  }
}

run "state_machine" {
  command   = plan
  state_key = "retryable_task"

  module {
    source = "./modules/retryable-task"
  }

  variables {
    name                = "report"
    backend             = "native"
    policy_file         = "../policies/default.toml"
    compiled_definition = "tests/compiled/default.asl.json"
    cluster_arn         = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
    task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/report:7"
    container_name      = "app"
    subnet_ids          = ["subnet-00000001"]
  }

  assert {
    condition     = [aws_iam_role.this[0].unique_id, aws_iam_role_policy.this[0].id, aws_cloudwatch_log_group.this[0].id] == run.state_machine_before.ids
    error_message = "The plan replaces resources of an earlier version."
  }
}
