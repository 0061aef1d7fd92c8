# The gate: the very version of the function that is going to decide says whether the policy can be used.

data "aws_lambda_invocation" "policy" {
  count = var.validate_policy ? 1 : 0

  function_name = var.function.function_name
  # Unknown while a new version is pending, so that new code judges: a name that is known is no dependency.
  qualifier = var.function.version
  input     = jsonencode({ validatePolicy = local.policy })

  # For the rest of the function: its role's rights.
  depends_on = [var.function]
}

locals {
  answer    = one(data.aws_lambda_invocation.policy[*].result)
  verdict   = try(jsondecode(local.answer), {})
  policy_ok = !var.validate_policy || try(local.verdict.valid == true, false)

  # Never null: Terraform renders the messages of conditions that hold, too. coalesce passes over empty texts.
  why       = coalesce(try(local.verdict.message, null), local.answer, "the function gave no answer")
  container = coalesce(try(local.verdict.container, null), var.container_name)
}
