# Deployments that share an account and a region can be planned together. .ci/names compares the names in this plan with
# each other, and with those in the plan of elsewhere.tftest.hcl.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "side_by_side" {
  command = plan

  module {
    source = "./tests/side-by-side"
  }

  variables {
    function_zip = "tests/side_by_side.tftest.hcl"
  }
}
