# Validates the policy before it is deployed, with the version of the function that will make the decisions.

data "aws_lambda_invocation" "policy" {
  count = var.validate_policy ? 1 : 0

  function_name = var.function.function_name
  # While a new version is pending, its number is unknown. This defers the invocation until the new code is published.
  # The function's name is always known: with the name alone, the old code would validate the policy.
  qualifier = var.function.version
  input     = jsonencode({ validatePolicy = local.policy })

  # Also waits for what the function depends on, such as the permissions of its role.
  depends_on = [var.function]
}

locals {
  answer    = one(data.aws_lambda_invocation.policy[*].result)
  verdict   = try(jsondecode(local.answer), {})
  policy_ok = !var.validate_policy || try(local.verdict.valid == true, false)

  # Both are used in error messages and must not be null: Terraform evaluates the message even if the condition holds.
  # `coalesce` skips empty strings as well.
  why       = coalesce(try(local.verdict.message, null), local.answer, "the function returned no result")
  container = coalesce(try(local.verdict.container, null), var.container_name)
}
