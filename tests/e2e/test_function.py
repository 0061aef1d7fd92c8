"""Changes of the function's code: which version validates the policy, and what happens if the new code is broken."""

import shutil
import zipfile

import pytest

from conftest import HERE
from execution import Execution

FUNCTION = "module.process_error.aws_lambda_function.this"
MACHINE = "module.retryable_task.aws_sfn_state_machine.this"

FAILING_INPUT = {"commands": ["InvalidInput"]}


@pytest.fixture(scope="module")
def stack(new_stack, task_app):
    """A deployment with the old version of the function."""
    stack = new_stack()
    package(stack, (HERE / "old-function" / "bootstrap").read_text())
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


def package(stack, bootstrap):
    """Replaces the package with one that contains this program."""
    with zipfile.ZipFile(stack.function_zip, "w") as archive:
        archive.writestr("bootstrap", bootstrap)


@pytest.fixture
def good_policy(stack):
    text = stack.policy.read_text()
    yield text
    stack.policy.write_text(text)


def test_new_code_judges_the_policy_that_comes_with_it(stack, good_policy, function_zip):
    shutil.copy(function_zip, stack.function_zip)
    stack.policy.write_text(good_policy.replace("max_retries = 3 ", "max_retries = '3' "))

    outcome = stack.try_to("apply")
    # The old code accepts any policy, so the new code has refused this one.
    assert "error[P004]" in outcome.refusal
    assert outcome.changes == {FUNCTION: "update"}
    # The deployed state machine keeps calling the version that it was deployed with.
    assert Execution(stack, FAILING_INPUT).end().error == "Fatal.old-code"

    stack.policy.write_text(good_policy)
    assert stack.apply().changes == {MACHINE: "update"}
    assert Execution(stack, FAILING_INPUT).end().error == "Fatal.invalid-input"


def test_a_broken_function_is_not_deployed_and_would_end_executions_at_once(stack):
    before = Execution(stack, FAILING_INPUT).end()
    package(stack, "#!/bin/sh\nexit 1\n")

    refused = stack.try_to("apply")
    assert "exited during init with code 1" in refused.refusal
    assert MACHINE not in refused.changes
    assert Execution(stack, FAILING_INPUT).end() == before

    stack.apply(validate_policy=False)
    story = Execution(stack, FAILING_INPUT).end()
    assert story.states[-1] == "ProcessError"
    # Lambda has several names for runtime failures; the emulator uses only this one.
    assert (story.status, story.error) == ("FAILED", "Runtime.Unknown")
    assert "exited during init with code 1" in story.cause
    # Without a decision, the task is not run again.
    assert (story.attempts, story.decisions) == (1, [])
