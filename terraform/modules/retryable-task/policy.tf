# Checks the policy before it is deployed. With the backend `lambda`, the version of the function that will make the decisions
# validates it. With the backend `native`, `exitwise compile` has validated it, and the compiled file has the facts.

data "aws_lambda_invocation" "policy" {
  count = !local.is_native && var.validate_policy ? 1 : 0

  function_name = var.function.function_name
  # While a new version is pending, its number is unknown. This defers the invocation until the new code is published.
  # The function's name is always known: with the name alone, the old code would validate the policy.
  qualifier = var.function.version
  input     = jsonencode({ validatePolicy = local.policy })

  # Also waits for what the function depends on, such as the permissions of its role.
  depends_on = [var.function]
}

locals {
  is_native = var.backend == "native"
  answer    = one(data.aws_lambda_invocation.policy[*].result)
  verdict   = try(jsondecode(local.is_native ? local.facts : local.answer), {})
  policy_ok = local.is_native || !var.validate_policy || try(local.verdict.valid == true, false)

  # Both are used in error messages and must not be null: Terraform evaluates the message even if the condition holds.
  # `coalesce` skips empty strings as well.
  why       = coalesce(try(local.verdict.message, null), local.answer, "the function returned no result")
  container = coalesce(try(local.verdict.container, null), var.container_name)

  # What the policy says about each run. Null or empty if it says nothing, or if it is not validated.
  max_run_time         = try(tonumber(local.verdict.max_run_time), null)
  policy_providers     = try([for name in local.verdict.capacity_providers : tostring(name)], [])
  policy_provider_list = "[${join(", ", [for name in local.policy_providers : "\"${name}\""])}]"
  policy_size          = try({ cpu = local.verdict.sizes[0].cpu, memory = local.verdict.sizes[0].memory }, null)

  timeout = coalesce(var.task_timeout_seconds, local.max_run_time, 3600)
  size    = try(coalesce(local.policy_size, var.task_size), { cpu = 0, memory = 0 })
}

# What the compiled file says about itself. `exitwise compile` writes a mark, `exitwise VERSION sha256:HASH: POLICY`, into the
# comment of ProcessError, and facts about the policy as JSON into that of the state Never, which no execution enters.
locals {
  compiled_text = local.is_native ? try(file(var.compiled_definition), "") : ""
  compiled      = try(jsondecode(local.compiled_text).States.ProcessError, null)
  mark          = try(regex("^exitwise \\S+ sha256:([0-9a-f]{12}): ", local.compiled.Comment)[0], "")
  facts         = try(local.compiled.ItemProcessor.States.Never.Comment, "{}")

  compiled_ok = local.mark != "" && try(local.compiled.Type == "Map", false)
  policy_hash = substr(filesha256(var.policy_file), 0, 12)
  compile     = "exitwise compile ${var.policy_file} -o ${coalesce(var.compiled_definition, "FILE")}"
}
