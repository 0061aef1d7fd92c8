# The demo on an empty account, with either backend: without override_during, computed values are unknown during plan.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  subnet_id = "subnet-00000001"
}

run "lambda" {
  command = plan

  variables {
    function_zip = "tests/empty_account.tftest.hcl"
    alarms       = { max_age_seconds = 60 }
  }
}

run "native" {
  command = plan

  variables {
    backend             = "native"
    compiled_definition = "tests/compiled/default.asl.json"
    alarms              = { max_age_seconds = 60 }
  }
}
