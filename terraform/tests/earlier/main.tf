# The resources of modules/process-error and modules/retryable-task whose addresses have changed, as they were.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_iam_role" "this" {
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "this" {
  role   = aws_iam_role.this.id
  policy = "{}"
}

resource "aws_cloudwatch_log_group" "this" {
  retention_in_days = 30
}

output "ids" {
  description = "IDs of the resources, which they keep at new addresses."
  value       = [aws_iam_role.this.unique_id, aws_iam_role_policy.this.id, aws_cloudwatch_log_group.this.id]
}
