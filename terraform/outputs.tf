locals {
  # With musl, Rust builds a static program for either architecture on Linux and macOS, without another compiler or linker.
  target   = { x86_64 = "x86_64-unknown-linux-musl", arm64 = "aarch64-unknown-linux-musl" }[var.architecture]
  platform = { x86_64 = "linux/amd64", arm64 = "linux/arm64" }[var.architecture]
  pushed   = "${aws_ecr_repository.this.repository_url}:${local.image_tag}"
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.retryable_task.state_machine_arn
}

output "ecr_repository_url" {
  description = "URL of the ECR repository for the task's image."
  value       = aws_ecr_repository.this.repository_url
}

output "push_commands" {
  description = "Shell commands that build the task's image and push it to the ECR repository, on Linux or macOS, for either architecture. They need rustup and Docker. Run them in the root directory of the project."
  value       = <<-EOT
    rustup target add ${local.target}
    CARGO_TARGET_${replace(upper(local.target), "-", "_")}_LINKER=rust-lld cargo build --release --locked -p exitwise-task-app --target ${local.target}
    docker build --platform ${local.platform} -t ${local.pushed} -f task-app/Dockerfile "$${CARGO_TARGET_DIR:-target}/${local.target}/release"
    aws ecr get-login-password --region ${local.region} | docker login --username AWS --password-stdin ${split("/", local.pushed)[0]}
    docker push ${local.pushed}
  EOT
}

output "start_execution" {
  description = "AWS CLI command that starts an execution. Its task fails with a network error; with `[]` as `commands`, the task succeeds."
  value       = "aws stepfunctions start-execution --region ${local.region} --state-machine-arn ${module.retryable_task.state_machine_arn} --input '{\"commands\":[\"NetworkError\"]}'"
}

output "console_url" {
  description = "URL of the state machine in the AWS console."
  value       = module.retryable_task.console_url
}

output "worst_case" {
  description = "Worst case of one execution under the policy: `runs` (attempts), `wait_seconds` (sum of all waits, in seconds), `history_events` (of an execution that fails), `exact` (`false` if these figures are only upper bounds), and `witness` (the rules that allow the retries in an execution with the most runs, one entry per retry; empty if there are no retries or if no such execution is known). `null` if `validate_policy` is `false`. With the native backend, as `exitwise compile` computed it."
  value       = module.retryable_task.worst_case
}

output "policy_warnings" {
  description = "Warnings about the policy, one per line. Empty if there are none, if `validate_policy` is `false`, or with the native backend: `exitwise compile` prints them."
  value       = module.retryable_task.policy_warnings
}
