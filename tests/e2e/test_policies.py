"""Two workflows on one function, and what an edit of a policy does to them and to their executions."""

import hashlib
import json
import shutil

import pytest

from conftest import HERE
from execution import MILLISECOND, Execution, run_locally

MACHINE = "module.retryable_task.aws_sfn_state_machine.this"

# Hours pass in a moment.
FAST = 1_000_000


@pytest.fixture(scope="module")
def workflows(new_stack, task_app):
    """The root's workflow under waits.toml, and a second one under the policy that is shipped."""
    stack = new_stack()
    shutil.copy(HERE / "second-workflow.tf", stack.folder / "terraform")
    shutil.copy(stack.policy, second_policy(stack))
    shutil.copy(HERE / "waits.toml", stack.policy)
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


def second_policy(stack):
    return stack.folder / "policies" / "second.toml"


def digest(policy):
    return "sha256:" + hashlib.sha256(policy).hexdigest()[:12]


def given(error):
    return {"commands": [error]}


def test_waits_last_as_long_as_decided(workflows, exitwise):
    story = Execution(workflows, given("NetworkError")).end()
    assert story.error == "RetriesExhausted.short"
    assert [decision["waitSeconds"] for decision in story.decisions] == [1, 3, 0]
    short, long = story.waits
    assert 1 - MILLISECOND <= short < 3 - MILLISECOND <= long < 6
    assert story == run_locally(exitwise, workflows.policy, "NetworkError")


def test_jitter_is_keyed_by_the_execution_that_is_deployed(workflows, emulator):
    execution = Execution(workflows, given("UncaughtException"))
    with emulator.clock(FAST):
        story = execution.end()
    key = hashlib.sha256(f"{execution.arn}/1".encode()).hexdigest()
    nine_hours = 9 * 60 * 60
    assert story.decisions[0]["waitSeconds"] == int(key[:8], 16) * (nine_hours + 1) >> 32


def test_two_workflows_share_a_function_and_no_policy(workflows, emulator, exitwise):
    with emulator.clock(FAST):
        first = Execution(workflows, given("NetworkError")).end()
        second = Execution(workflows, given("NetworkError"), workflows.outputs["second_state_machine_arn"]).end()
    assert first.error == "RetriesExhausted.short"
    assert second.error == "RetriesExhausted.network-error"
    assert first.decisions[0]["policy"] == digest(workflows.policy.read_bytes())
    assert second == run_locally(exitwise, second_policy(workflows), "NetworkError")
    assert len(workflows.client("lambda").list_functions()["Functions"]) == 1


def test_an_edit_reaches_the_next_execution_and_none_that_waits(workflows, emulator, exitwise, tmp_path):
    old = tmp_path / "old.toml"
    shutil.copy(workflows.policy, old)
    waiting = Execution(workflows, given("InvalidInput"))
    waiting.reach("WaitBeforeRetry")

    # Nothing matches exit code 3 any more.
    replace(workflows.policy, "exit_code = 3", "exit_code = 33")
    outcome = workflows.apply()
    assert outcome.changes == {MACHINE: "update"}

    next_one = Execution(workflows, given("InvalidInput")).end()
    assert next_one.error == "Fatal.default"
    assert next_one == run_locally(exitwise, workflows.policy, "InvalidInput")

    assert waiting.story().states[-1] == "WaitBeforeRetry", "the wait was over before the policy was edited"
    with emulator.clock(FAST):
        kept = waiting.end()
    assert kept.error == "RetriesExhausted.long"
    assert kept == run_locally(exitwise, old, "InvalidInput")
    assert {decision["policy"] for decision in kept.decisions} == {digest(old.read_bytes())}


@pytest.mark.parametrize(
    "found, written, told",
    [
        ('delays = ["1s", "3s"]', 'formula = "2^(n"', "line 13: error[P011]"),
        ('container = "app"', 'container = "web"', 'the container web, but the task\'s is app'),
    ],
    ids=["wrong", "for another container"],
)
def test_a_policy_that_cannot_be_used_changes_nothing(workflows, unedited_afterwards, found, written, told):
    before = machines(workflows)
    replace(workflows.policy, found, written)
    # A good edit beside it is not deployed either.
    replace(second_policy(workflows), "max_retries = 3", "max_retries = 2")

    outcome = workflows.try_to("apply")

    assert "policies/default.toml" in outcome.refusal and told in outcome.refusal
    assert outcome.changes == {}
    assert machines(workflows) == before


@pytest.fixture
def unedited_afterwards(workflows):
    texts = {policy: policy.read_text() for policy in (workflows.policy, second_policy(workflows))}
    yield
    for policy, text in texts.items():
        policy.write_text(text)


def replace(policy, found, written):
    text = policy.read_text()
    assert found in text
    policy.write_text(text.replace(found, written))


def machines(stack):
    """Every state machine as it is deployed."""
    client = stack.client("stepfunctions")
    listed = client.list_state_machines()["stateMachines"]
    described = (client.describe_state_machine(stateMachineArn=machine["stateMachineArn"]) for machine in listed)
    return {machine["name"]: (machine["revisionId"], machine["definition"]) for machine in described}
