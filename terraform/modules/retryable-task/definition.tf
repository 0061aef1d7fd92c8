# Renders state-machine.asl.json, or the file that `exitwise compile` made of it for the native backend. The file contains default values for some settings instead of markers. A marker in place
# of a number or a key would make the definition invalid, and linters and tests read the file before it is rendered.

locals {
  policy = file(var.policy_file)

  # With capacity_providers, a task starts on the first one, and the policy moves it to the others.
  strategy = length(var.capacity_providers) > 0 ? [{ CapacityProvider = var.capacity_providers[0], Weight = 1, Base = 0 }] : [
    for provider in var.capacity_provider_strategy : {
      CapacityProvider = provider.capacity_provider
      Weight           = provider.weight
      Base             = provider.base
    }
  ]
  providers   = concat(var.capacity_providers, var.capacity_provider_strategy[*].capacity_provider)
  is_fargate  = length(local.providers) == 0 ? var.launch_type == "FARGATE" : alltrue([for name in local.providers : startswith(name, "FARGATE")])
  has_network = var.network_mode == "awsvpc"
  task_tags   = [for key, value in var.task_tags : { Key = key, Value = value }]

  # ECS rejects a launch type together with a strategy.
  placement = length(local.strategy) == 0 ? jsonencode({ LaunchType = var.launch_type }) : jsonencode({ CapacityProviderStrategy = local.strategy })

  # Arguments of RunTask that are not in the file, because only some deployments have them.
  additions = join("", [for addition in compact([
    var.propagate_tags ? "\"PropagateTags\": \"TASK_DEFINITION\"" : "",
    length(local.task_tags) > 0 ? "\"Tags\": ${jsonencode(local.task_tags)}" : "",
  ]) : "${addition},\n          "])

  # A file that was not compiled is not rendered: the precondition reports it better than an unknown marker would.
  source = !local.is_native ? "${path.module}/state-machine.asl.json" : local.compiled_ok ? var.compiled_definition : "${path.module}/state-machine.asl.json"

  scalars = templatefile(local.source, {
    cluster_arn         = var.cluster_arn
    task_definition_arn = var.task_definition_arn
    container_name      = var.container_name
    assign_public_ip    = coalesce(var.assign_public_ip, local.is_fargate) ? "ENABLED" : "DISABLED"
    function_arn        = try(var.function.qualified_arn, "")
  })

  # ECS rejects a network configuration if the network mode is not awsvpc.
  network = local.has_network ? local.scalars : replace(local.scalars, "/\"NetworkConfiguration\": {[^}]*}\\s*},\\s*/", "")

  literals = replace(replace(replace(replace(replace(replace(local.network,
    "\"@subnets@\"", jsonencode(var.subnet_ids)),
    "\"@security_groups@\"", jsonencode(var.security_group_ids)),
    "\"TimeoutSeconds\": 3600", "\"TimeoutSeconds\": ${local.timeout}"),
    "\"Resource\": \"arn:aws:states:::", "\"Resource\": \"arn:${local.partition}:states:::"),
    "{ \"LaunchType\": \"FARGATE\" }", local.placement),
    "\"Cluster\": ", "${local.additions}\"Cluster\": "
  )

  # The policy is inserted last, so that no marker is replaced inside its text.
  definition = replace(local.literals, "\"@policy@\"", jsonencode(local.policy))
}
