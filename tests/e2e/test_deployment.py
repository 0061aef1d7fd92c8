"""Deploys the project to an empty account, and destroys the deployment again."""

import json

from execution import Execution, run_locally
from stack import PROJECT

README_PLAN = "terraform -chdir=terraform plan -var subnet_id=subnet-00000001"


def test_the_plan_in_the_readme_needs_only_a_subnet(new_stack):
    assert README_PLAN in (PROJECT / "README.md").read_text()
    stack = new_stack()
    stack.init()
    planned = stack.command(*README_PLAN.split())
    assert planned.returncode == 0, planned.stderr
    assert " to add, 0 to change, 0 to destroy." in planned.stdout


def test_destroy_removes_everything_except_the_task_definition(new_stack, exitwise, tmp_path):
    stack = new_stack()
    stack.init()
    empty = inventory(stack)
    stack.variables["alarms"] = {"emails": ["someone@example.com"]}

    valid_policy = stack.policy.read_text()
    stack.policy.write_text(valid_policy.replace("max_retries = 3 ", "max_retries = -3 "))
    outcome = stack.try_to("apply")
    assert "error[P018]" in outcome.error_text
    assert inventory(stack)["state machines"] == []

    stack.policy.write_text(valid_policy)
    stack.apply()
    assert stack.plan().changes == {}

    # No image has been pushed yet.
    read_mail = mailbox(stack)
    execution = Execution(stack, {"commands": ["a-secret"]})
    summary = execution.result()
    [failure] = summary.failures
    assert (failure.stop_code, failure.exit_code) == ("TaskFailedToStart", None)
    assert failure.stopped_reason.startswith("CannotPullContainerError: ")
    assert (summary.error, summary.attempts) == ("Fatal.image-unusable", 1)
    recorded = tmp_path / "event.json"
    recorded.write_text(json.dumps({"taskError": {"Error": failure.error, "Cause": json.dumps(summary.tasks[0])}}))
    assert summary == run_locally(exitwise, "--policy", stack.policy, "--replay", recorded)
    mail = read_mail()
    assert "FAILED" in mail and execution.arn in mail
    assert "a-secret" not in mail

    stack.destroy()
    # The task definition is kept on purpose, because running executions need it.
    task_definitions = inventory(stack)["task definitions"]
    assert len(task_definitions) == 1
    assert inventory(stack) == empty | {"task definitions": task_definitions}


def mailbox(stack):
    """Subscribes a queue to the topic of the alarms, in place of an email address.

    Returns a function that waits for a message.
    """
    [topic] = inventory(stack)["topics"]
    client = stack.client("sqs")
    queue = client.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read_mail():
        [message] = client.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"]
        return json.loads(message["Body"])["Message"]

    return read_mail


def inventory(stack):
    """The names of all resources in the account, by their kind."""

    def names(service, action, list_key, name=None, **options):
        entries = getattr(stack.client(service), action)(**options)[list_key]
        return sorted(entry[name] if name else entry for entry in entries)

    return {
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "clusters": names("ecs", "list_clusters", "clusterArns"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "policies": names("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
        "repositories": names("ecr", "describe_repositories", "repositories", "repositoryName"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "security groups": names("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
        "state machines": names("stepfunctions", "list_state_machines", "stateMachines", "name"),
        "task definitions": names("ecs", "list_task_definitions", "taskDefinitionArns"),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
    }
