"""Two workflows that share a function, and how a change of a policy affects them and their executions."""

import hashlib
import shutil

import pytest

from conftest import HERE
from execution import MILLISECOND, Execution, run_locally
from stack import SUBNET

# With this speed, hours pass in a moment.
FAST = 1_000_000

# The families of two task definitions, named after the tasks' policies, and the names of their containers.
WAITS, SHIPPED = "waits", "shipped"
CONTAINERS = {WAITS: "worker", SHIPPED: "app"}


@pytest.fixture(scope="module")
def workflows(new_stack, task_app):
    """Two existing task definitions, deployed with examples/own-task, each under a policy of its own."""
    stack = new_stack()
    have_tasks(stack, task_app)
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


def have_tasks(stack, program):
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
        stack.client("ecs").register_task_definition(family=family, containerDefinitions=[definition])


def policy(stack, family):
    return stack.policies / f"{family}.toml"


def digest(file):
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def start(stack, family, error):
    return Execution(stack, {"commands": [error]}, stack.outputs["state_machine_arns"][family])


def test_waits_last_as_long_as_decided(workflows):
    story = start(workflows, WAITS, "NetworkError").end()
    assert story.error == "RetriesExhausted.short"
    assert [decision["waitSeconds"] for decision in story.decisions] == [1, 3, 0]
    short, long = story.waits
    assert 1 - MILLISECOND <= short < 3 - MILLISECOND <= long < 6


def test_jitter_is_keyed_by_the_execution_that_is_deployed(workflows, emulator):
    execution = start(workflows, WAITS, "UncaughtException")
    with emulator.clock(FAST):
        story = execution.end()
    key = hashlib.sha256(f"{execution.arn}/1".encode()).hexdigest()
    nine_hours = 9 * 60 * 60
    assert story.decisions[0]["waitSeconds"] == int(key[:8], 16) * (nine_hours + 1) >> 32


def test_two_workflows_share_a_function_and_no_policy(workflows, emulator, exitwise):
    for family, error in [(WAITS, "RetriesExhausted.short"), (SHIPPED, "RetriesExhausted.network-error")]:
        with emulator.clock(FAST):
            story = start(workflows, family, "NetworkError").end()
        assert story.error == error
        assert story.decisions[0]["policy"] == digest(policy(workflows, family))
        assert story == run_locally(exitwise, policy(workflows, family), "NetworkError")
    assert len(workflows.client("lambda").list_functions()["Functions"]) == 1


def test_an_edit_reaches_the_next_execution_and_none_that_waits(workflows, emulator, exitwise, tmp_path):
    edited = policy(workflows, WAITS)
    old = shutil.copy(edited, tmp_path / "old.toml")
    waiting = start(workflows, WAITS, "InvalidInput")
    waiting.reach("WaitBeforeRetry")

    # From now on, no rule matches exit code 3.
    replace(edited, "exit_code = 3", "exit_code = 33")
    assert workflows.apply().changes == {f'module.retryable_task["{WAITS}"].aws_sfn_state_machine.this': "update"}

    next_one = start(workflows, WAITS, "InvalidInput").end()
    assert next_one.error == "Fatal.default"
    assert next_one == run_locally(exitwise, edited, "InvalidInput")

    assert waiting.story().states[-1] == "WaitBeforeRetry", "the wait ended before the policy was edited"
    with emulator.clock(FAST):
        kept = waiting.end()
    assert kept.error == "RetriesExhausted.long"
    assert kept == run_locally(exitwise, old, "InvalidInput")
    assert {decision["policy"] for decision in kept.decisions} == {digest(old)}


@pytest.mark.parametrize(
    "found, written, told",
    [
        ('delays = ["1s", "3s"]', 'formula = "2^(n"', "line 13: error[P011]"),
        ('container = "worker"', 'container = "web"', "the container web, but container_name is worker"),
    ],
    ids=["wrong", "for another container"],
)
def test_a_policy_that_cannot_be_used_changes_nothing(workflows, unedited_afterwards, found, written, told):
    before = machines(workflows)
    replace(policy(workflows, WAITS), found, written)
    # A valid change of the other policy is not deployed either.
    replace(policy(workflows, SHIPPED), "max_retries = 3", "max_retries = 2")

    outcome = workflows.try_to("apply")

    assert str(policy(workflows, WAITS)) in outcome.refusal and told in outcome.refusal
    assert outcome.changes == {}
    assert machines(workflows) == before


@pytest.fixture
def unedited_afterwards(workflows):
    texts = {file: file.read_text() for file in workflows.policies.iterdir() if file.suffix == ".toml"}
    yield
    for file, text in texts.items():
        file.write_text(text)


def replace(file, found, written):
    text = file.read_text()
    assert found in text
    file.write_text(text.replace(found, written))


def machines(stack):
    """The revision and the definition of every deployed state machine, by name."""
    client = stack.client("stepfunctions")
    listed = client.list_state_machines()["stateMachines"]
    described = (client.describe_state_machine(stateMachineArn=machine["stateMachineArn"]) for machine in listed)
    return {machine["name"]: (machine["revisionId"], machine["definition"]) for machine in described}
