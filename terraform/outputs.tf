locals {
  machine  = { x86_64 = "x86_64", arm64 = "aarch64" }[var.architecture]
  platform = { x86_64 = "linux/amd64", arm64 = "linux/arm64" }[var.architecture]
  pushed   = "${aws_ecr_repository.this.repository_url}:${local.image_tag}"
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.retryable_task.state_machine_arn
}

output "ecr_repository_url" {
  description = "Where the task's image is pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "push_commands" {
  description = "Builds the task's image and pushes it; to be run from the project's root."
  value       = <<-EOT
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --locked -p task-app --target ${local.machine}-unknown-linux-gnu
    docker build --platform ${local.platform} -t ${local.pushed} -f task-app/Dockerfile "$${CARGO_TARGET_DIR:-target}/${local.machine}-unknown-linux-gnu/release"
    aws ecr get-login-password --region ${local.region} | docker login --username AWS --password-stdin ${split("/", local.pushed)[0]}
    docker push ${local.pushed}
  EOT
}

output "start_execution" {
  description = "Starts an execution whose task fails with a network error; `[]` in place of the list succeeds."
  value       = "aws stepfunctions start-execution --region ${local.region} --state-machine-arn ${module.retryable_task.state_machine_arn} --input '{\"commands\":[\"NetworkError\"]}'"
}

output "console_url" {
  description = "The state machine in the AWS console."
  value       = "https://${local.region}.console.aws.amazon.com/states/home?region=${local.region}#/statemachines/view/${module.retryable_task.state_machine_arn}"
}

output "worst_case" {
  description = "The most that one execution can take under the policy: runs of the task, and seconds of waiting. Null where the policy is not validated."
  value       = module.retryable_task.worst_case
}

output "policy_warnings" {
  description = "What the function warns of in the policy, each on a line; empty where there is nothing."
  value       = module.retryable_task.policy_warnings
}
