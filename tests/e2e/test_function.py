"""Changes of the function: new code validates the policy, and broken code is not deployed."""

import shutil
import zipfile

import pytest

from conftest import HERE
from execution import Execution

FUNCTION = "module.process_error[0].aws_lambda_function.this"
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
    """Replaces the function's package with one that contains this program."""
    with zipfile.ZipFile(stack.function_zip, "w") as archive:
        archive.writestr("bootstrap", bootstrap)


@pytest.fixture
def valid_policy(stack):
    text = stack.policy.read_text()
    yield text
    stack.policy.write_text(text)


def test_new_code_validates_the_policy_that_is_deployed_with_it(stack, valid_policy, function_zip):
    shutil.copy(function_zip, stack.function_zip)
    stack.policy.write_text(valid_policy.replace("max_retries = 3 ", "max_retries = '3' "))

    outcome = stack.try_to("apply")
    # The old code accepts any policy, so it was the new code that refused this one.
    assert "error[P004]" in outcome.error_text
    assert outcome.changes == {FUNCTION: "update"}
    # The deployed state machine still calls the version that it was deployed with.
    assert Execution(stack, FAILING_INPUT).result().error == "Fatal.old-code"

    stack.policy.write_text(valid_policy)
    assert stack.apply().changes == {MACHINE: "update"}
    assert Execution(stack, FAILING_INPUT).result().error == "Fatal.invalid-input"


def test_a_broken_function_is_not_deployed_and_would_fail_executions_at_once(stack):
    before = Execution(stack, FAILING_INPUT).result()
    package(stack, "#!/bin/sh\nexit 1\n")

    outcome = stack.try_to("apply")
    assert "exited during init with code 1" in outcome.error_text
    assert MACHINE not in outcome.changes
    assert Execution(stack, FAILING_INPUT).result() == before

    stack.apply(validate_policy=False)
    summary = Execution(stack, FAILING_INPUT).result()
    assert summary.states[-1] == "ProcessError"
    # Lambda has several names for failures of the runtime. The emulator uses only this one.
    assert (summary.status, summary.error) == ("FAILED", "Runtime.Unknown")
    assert "exited during init with code 1" in summary.cause
    # Without a decision, there is no retry.
    assert (summary.attempts, summary.decisions) == (1, [])
