"""Executions under the default policy. Each is compared with a local run."""

import json

import pytest

from execution import MILLISECOND, Execution, run_locally
from stack import PROJECT

# At this speed, a wait of one minute takes one second.
SPEED = 60

FAILED_ATTEMPT = ["RunECSTask", "ProcessError", "ErrorStateChoice"]


@pytest.fixture(scope="module")
def deployed(new_stack, task_app):
    """A deployment of the unchanged project, with an image."""
    stack = new_stack()
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


@pytest.fixture
def run(deployed, emulator, exitwise):
    """Starts an execution on the emulator and locally, and returns its summary.

    Asserts that both summaries are equal.
    """

    def run(execution_input):
        with emulator.clock(SPEED):
            summary = Execution(deployed, execution_input).result()
        assert summary == run_locally(exitwise, "--policy", deployed.policy, "--input", json.dumps(execution_input))
        return summary

    return run


def test_a_failed_task_fails_its_state(deployed):
    """Without the changes in glue.py, RunECSTask succeeds whatever the exit code is."""
    execution = Execution(deployed, {"commands": ["InvalidInput"]})
    execution.wait_for_end()
    failures = [event["taskFailedEventDetails"] for event in execution.history() if event["type"] == "TaskFailed"]
    assert [failure["error"] for failure in failures] == ["States.TaskFailed"]
    task = json.loads(failures[0]["cause"])
    [container] = task["Containers"]
    assert (task["StopCode"], container["Name"], container["ExitCode"]) == ("EssentialContainerExited", "app", 3)

    # The Cause has the same stopped reason as a recorded one, and no additional keys except the
    # memory of the container.
    recorded = json.loads((PROJECT / "lambda" / "tests" / "failures" / "captured-pv14-exit-42.json").read_text())
    recorded = json.loads(recorded["taskError"]["Cause"])
    assert task["StoppedReason"] == recorded["StoppedReason"]
    assert task.keys() <= recorded.keys()
    assert container.keys() - {"Memory"} <= recorded["Containers"][0].keys()


def test_a_task_that_succeeds_runs_once(run):
    summary = run({"commands": []})
    assert (summary.status, summary.states) == ("SUCCEEDED", ["CheckInput", "Init", "RunECSTask"])
    assert summary.output == ["task-app: attempt 1 succeeded"]


def test_a_network_error_is_retried_until_its_retries_are_used(run):
    summary = run({"commands": ["NetworkError"]})
    retries = 3 * [*FAILED_ATTEMPT, "WaitBeforeRetry"]
    assert summary.states == ["CheckInput", "Init", *retries, *FAILED_ATTEMPT, "FatalError"]
    assert [failure.exit_code for failure in summary.failures] == [4, 4, 4, 4]
    assert summary.types == ["TEMPORARY", "TEMPORARY", "TEMPORARY", "FATAL"]
    assert [decision["waitSeconds"] for decision in summary.decisions] == [60, 60, 60, 0]
    assert len(summary.waits) == 3 and all(wait >= 60 / SPEED - MILLISECOND for wait in summary.waits)
    assert (summary.status, summary.error) == ("FAILED", "RetriesExhausted.network-error")
    assert summary.cause.startswith("app exited with 4 (NetworkError); rule network-error (line ")
    assert len(summary.output) == 4


def test_a_task_that_finds_its_input_invalid_runs_once(run):
    summary = run({"commands": ["InvalidInput"]})
    assert summary.attempts == 1
    assert (summary.status, summary.error) == ("FAILED", "Fatal.invalid-input")


def test_each_attempt_gets_its_number(run):
    summary = run({"commands": ["--succeed-on-attempt", "3"]})
    assert summary.states == ["CheckInput", "Init", *FAILED_ATTEMPT, *FAILED_ATTEMPT, "RunECSTask"]
    assert summary.types == ["RETRIABLE", "RETRIABLE"]
    assert summary.status == "SUCCEEDED"
    assert summary.output[-1] == "task-app: attempt 3 succeeded"


@pytest.mark.parametrize("execution_input", [{}, "x"], ids=["no commands", "not an object"])
def test_an_execution_with_a_wrong_input_runs_no_task(run, execution_input):
    summary = run(execution_input)
    assert summary.states == ["CheckInput", "InvalidInput"]
    assert (summary.status, summary.error) == ("FAILED", "InvalidInput")
    assert '{"commands": ["NetworkError"]}' in summary.cause
