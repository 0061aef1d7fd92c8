"""What each run gets under a policy with sizes and capacity, and failures that count as a success."""

import json
import shutil

import pytest

from conftest import HERE
from execution import Execution, run_locally

# What the configuration must say to agree with policies/growing.toml.
AGREEING = {"cpu": 1024, "memory": 2048, "capacity_providers": ["FARGATE_SPOT", "FARGATE"]}


@pytest.fixture(scope="module")
def growing(new_stack, task_app):
    """A deployment of policies/growing.toml, with an image."""
    stack = new_stack()
    stack.variables |= AGREEING | {"policy_file": str(stack.policies / "growing.toml")}
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


@pytest.fixture
def run(growing, exitwise):
    """Starts an execution on the emulator and locally, and returns its summary.

    Asserts that both summaries are equal.
    """

    def run(*commands):
        summary = Execution(growing, {"commands": list(commands)}).result()
        assert summary == run_locally(exitwise, "--policy", growing.policies / "growing.toml", *commands)
        return summary

    return run


def got(task):
    """The overridden CPU units and memory of a task, and its capacity provider."""
    overrides = task["Overrides"]
    return overrides.get("Cpu"), overrides.get("Memory"), task["CapacityProviderName"]


def test_each_run_is_larger_until_the_memory_is_enough(run):
    summary = run("OutOfMemory")
    assert summary.status == "SUCCEEDED"
    assert [got(task) for task in summary.tasks] == [
        (None, None, "FARGATE_SPOT"),
        ("1024", "4096", "FARGATE_SPOT"),
        ("2048", "16384", "FARGATE_SPOT"),
    ]


def test_the_second_interruption_leads_to_the_other_provider(run):
    summary = run("SpotInterruption")
    assert summary.status == "SUCCEEDED"
    assert [failure.stop_code for failure in summary.failures] == ["SpotInterruption", "SpotInterruption"]
    assert [got(task) for task in summary.tasks] == [
        (None, None, "FARGATE_SPOT"),
        ("1024", "2048", "FARGATE_SPOT"),
        ("1024", "2048", "FARGATE"),
    ]


def test_the_timeout_is_that_of_the_policy(growing):
    client = growing.client("stepfunctions")
    machine = client.describe_state_machine(stateMachineArn=growing.outputs["state_machine_arn"])
    assert json.loads(machine["definition"])["States"]["RunECSTask"]["TimeoutSeconds"] == 2 * 60 * 60


@pytest.mark.parametrize(
    "variables, error",
    [
        ({"memory": 4096}, "starts with 1024 CPU units and 2048 MiB of memory, but the task definition has 1024 and 4096"),
        ({"capacity_providers": ["FARGATE"]}, 'Set capacity_providers = ["FARGATE_SPOT", "FARGATE"]'),
        ({"task_timeout_seconds": 3600}, "limits a run to 7200 seconds, but task_timeout_seconds is 3600"),
    ],
    ids=["size", "providers", "timeout"],
)
def test_a_configuration_that_does_not_agree_is_refused(growing, variables, error):
    assert error in growing.try_to("plan", **variables).error_text


def test_a_success_rule_ends_the_execution_as_succeeded(growing, exitwise):
    policy = shutil.copy(HERE / "skipping.toml", growing.policies)
    growing.apply(policy_file=str(policy))
    try:
        execution = Execution(growing, {"commands": ["InvalidInput"]})
        summary = execution.result()
    finally:
        growing.apply()
    assert (summary.status, summary.states[-1], summary.types) == ("SUCCEEDED", "Succeeded", ["SUCCESS"])
    assert summary == run_locally(exitwise, "--policy", policy, "InvalidInput")
    described = growing.client("stepfunctions").describe_execution(executionArn=execution.arn)
    output = json.loads(described["output"])
    assert (output["outcome"], output["rule"], output["error"]) == ("skipped", "nothing-to-do", "InvalidInput")
