"""What a change of the function's code does: to the policy that comes with it, and to executions when it is broken."""

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
    """A deployment of the old function."""
    stack = new_stack()
    package(stack, (HERE / "old-function" / "bootstrap").read_text())
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


def package(stack, bootstrap):
    """Puts this program into the package that is deployed next."""
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
    # The old code takes any policy.
    assert "error[P004]" in outcome.refusal
    assert outcome.changes == {FUNCTION: "update"}
    # The deployed machine goes on with the version that it was deployed with.
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
    # Of Lambda's names for a runtime that fails, the emulator does not know which one it is.
    assert (story.status, story.error) == ("FAILED", "Runtime.Unknown")
    assert "exited during init with code 1" in story.cause
    # The task is not run again: nobody has decided that it should be.
    assert (story.attempts, story.decisions) == (1, [])
