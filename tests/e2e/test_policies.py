"""Two workflows that share a function, and the effect of a changed policy on their executions."""

import hashlib
import shutil

import pytest

from conftest import HERE
from execution import MILLISECOND, Execution, run_locally
from stack import SUBNET

# At this speed, a wait of hours takes a moment.
FAST = 1_000_000

# The families of two task definitions, each named after the policy of its task, and the names of
# their containers.
WAITS, SHIPPED = "waits", "shipped"
CONTAINERS = {WAITS: "worker", SHIPPED: "app"}


@pytest.fixture(scope="module")
def workflows(new_stack, task_app):
    """A deployment of examples/own-task, with two task definitions that have their own policies."""
    stack = new_stack()
    create_tasks(stack, task_app)
    shutil.copy(HERE / "waits.toml", policy(stack, WAITS))
    shutil.copy(stack.policy, policy(stack, SHIPPED))
    stack.configuration = "terraform/examples/own-task"
    stack.variables = {
        "cluster_name": "main",
        "subnet_ids": [SUBNET],
        "function_zip": str(stack.function_zip),
        "tasks": {
            family: {"container_name": container, "policy_file": str(policy(stack, family))}
            for family, container in CONTAINERS.items()
        },
    }
    stack.init()
    stack.apply()
    return stack


def create_tasks(stack, program):
    stack.client("ecs").create_cluster(clusterName="main")
    stack.client("logs").create_log_group(logGroupName="tasks")
    repository = stack.client("ecr").create_repository(repositoryName="tasks")["repository"]["repositoryUri"]
    stack.push("tasks", "1", program)
    options = {"awslogs-group": "tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task"}
    for family, container in CONTAINERS.items():
        definition = {
            "name": container,
            "image": f"{repository}:1",
            "essential": True,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        stack.client("ecs").register_task_definition(
            family=family, networkMode="awsvpc", containerDefinitions=[definition]
        )


def policy(stack, family):
    return stack.policies / f"{family}.toml"


def digest(file):
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def start(stack, family, error):
    return Execution(stack, {"commands": [error]}, stack.outputs["state_machine_arns"][family])


def test_each_wait_lasts_as_long_as_decided(workflows):
    summary = start(workflows, WAITS, "NetworkError").result()
    assert summary.error == "RetriesExhausted.short"
    assert [decision["waitSeconds"] for decision in summary.decisions] == [1, 3, 0]
    short, long = summary.waits
    assert 1 - MILLISECOND <= short < 3 - MILLISECOND <= long < 6


def test_jitter_is_keyed_by_the_arn_of_the_execution(workflows, emulator):
    execution = start(workflows, WAITS, "UncaughtException")
    with emulator.clock(FAST):
        summary = execution.result()
    key = hashlib.sha256(f"{execution.arn}/1".encode()).hexdigest()
    nine_hours = 9 * 60 * 60
    assert summary.decisions[0]["waitSeconds"] == int(key[:8], 16) * (nine_hours + 1) >> 32


def test_two_workflows_share_a_function_but_not_a_policy(workflows, emulator, exitwise):
    for family, error in [(WAITS, "RetriesExhausted.short"), (SHIPPED, "RetriesExhausted.network-error")]:
        with emulator.clock(FAST):
            summary = start(workflows, family, "NetworkError").result()
        assert summary.error == error
        assert summary.decisions[0]["policy"] == digest(policy(workflows, family))
        assert summary == run_locally(exitwise, "--policy", policy(workflows, family), "NetworkError")
    assert len(workflows.client("lambda").list_functions()["Functions"]) == 1


def test_an_edited_policy_applies_to_new_executions_only(workflows, emulator, exitwise, tmp_path):
    edited = policy(workflows, WAITS)
    old = shutil.copy(edited, tmp_path / "old.toml")
    waiting = start(workflows, WAITS, "InvalidInput")
    waiting.wait_for_state("WaitBeforeRetry")

    # After this change, no rule matches exit code 3.
    replace(edited, "exit_code = 3", "exit_code = 33")
    assert workflows.apply().changes == {f'module.retryable_task["{WAITS}"].aws_sfn_state_machine.this': "update"}

    new = start(workflows, WAITS, "InvalidInput").result()
    assert new.error == "Fatal.default"
    assert new == run_locally(exitwise, "--policy", edited, "InvalidInput")

    assert waiting.summary().states[-1] == "WaitBeforeRetry", "the wait ended before the policy was edited"
    with emulator.clock(FAST):
        unaffected = waiting.result()
    assert unaffected.error == "RetriesExhausted.long"
    assert unaffected == run_locally(exitwise, "--policy", old, "InvalidInput")
    assert {decision["policy"] for decision in unaffected.decisions} == {digest(old)}


@pytest.mark.parametrize(
    "old, new, error",
    [
        ('delays = ["1s", "3s"]', 'formula = "2^(n"', "line 13: error[P011]"),
        ('container = "worker"', 'container = "web"', "the container web, but container_name is worker"),
    ],
    ids=["invalid formula", "other container"],
)
def test_an_unusable_policy_changes_nothing(workflows, restored_policies, old, new, error):
    before = machines(workflows)
    replace(policy(workflows, WAITS), old, new)
    # A valid change of the other policy is not deployed either.
    replace(policy(workflows, SHIPPED), "max_retries = 3", "max_retries = 2")

    outcome = workflows.try_to("apply")

    assert str(policy(workflows, WAITS)) in outcome.error_text
    assert error in outcome.error_text
    assert outcome.changes == {}
    assert machines(workflows) == before


@pytest.fixture
def restored_policies(workflows):
    """Restores all policies after the test."""
    texts = {file: file.read_text() for file in workflows.policies.iterdir() if file.suffix == ".toml"}
    yield
    for file, text in texts.items():
        file.write_text(text)


def replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def machines(stack):
    """The revision and the definition of every deployed state machine, by name."""
    client = stack.client("stepfunctions")
    listed = client.list_state_machines()["stateMachines"]
    described = (client.describe_state_machine(stateMachineArn=machine["stateMachineArn"]) for machine in listed)
    return {machine["name"]: (machine["revisionId"], machine["definition"]) for machine in described}
