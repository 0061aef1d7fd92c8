# The demo in another region, with the same name. .ci/names compares its names with those in side_by_side.tftest.hcl.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

run "elsewhere" {
  command = plan

  variables {
    subnet_id    = "subnet-00000001"
    function_zip = "tests/elsewhere.tftest.hcl"
    alarms       = { max_age_seconds = 3600 }
  }
}
