# Deployments that share an account can be planned together. .ci/names compares the names in this plan.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "aws" {
  alias           = "elsewhere"
  source          = "./tests/mocks"
  override_during = plan

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

run "side_by_side" {
  command = plan

  module {
    source = "./tests/side-by-side"
  }

  providers = {
    aws           = aws
    aws.elsewhere = aws.elsewhere
  }

  variables {
    function_zip = "tests/side_by_side.tftest.hcl"
  }
}
