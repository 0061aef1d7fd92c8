"""Executions under the default policy, each compared with a local run."""

import json

import pytest

from execution import MILLISECOND, Execution, run_locally
from stack import PROJECT

# With this speed, a wait of a minute takes a second.
SPEED = 60

RETRY = ["RunECSTask", "ProcessError", "ErrorStateChoice"]


@pytest.fixture(scope="module")
def deployed(new_stack, task_app):
    """A deployment of the project without changes, with its image pushed."""
    stack = new_stack()
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


@pytest.fixture
def run(deployed, emulator, exitwise):
    """Runs an input on the emulator and locally, asserts that both stories are equal, and returns the story."""

    def run(given):
        with emulator.clock(SPEED):
            story = Execution(deployed, given).end()
        assert story == run_locally(exitwise, deployed.policy, "--input", json.dumps(given))
        return story

    return run


def test_a_failure_really_arrives(deployed):
    """Unchanged, the emulator would let RunECSTask succeed whatever the exit code."""
    execution = Execution(deployed, {"commands": ["InvalidInput"]})
    execution.wait()
    failures = [event["taskFailedEventDetails"] for event in execution.history() if event["type"] == "TaskFailed"]
    assert [failure["error"] for failure in failures] == ["States.TaskFailed"]
    task = json.loads(failures[0]["cause"])
    [container] = task["Containers"]
    assert (task["StopCode"], container["Name"], container["ExitCode"]) == ("EssentialContainerExited", "app", 3)

    # Compared with a recorded Cause: the same stopped reason, and no other keys except the container's memory.
    recorded = json.loads((PROJECT / "lambda" / "tests" / "failures" / "captured-pv14-exit-42.json").read_text())
    recorded = json.loads(recorded["taskError"]["Cause"])
    assert task["StoppedReason"] == recorded["StoppedReason"]
    assert task.keys() <= recorded.keys()
    assert container.keys() - {"Memory"} <= recorded["Containers"][0].keys()


def test_a_task_that_succeeds_runs_once(run):
    story = run({"commands": []})
    assert (story.status, story.states) == ("SUCCEEDED", ["CheckInput", "Init", "RunECSTask"])
    assert story.output == ["task-app: attempt 1 succeeded"]


def test_a_network_error_is_retried_after_waits_until_its_retries_are_used(run):
    story = run({"commands": ["NetworkError"]})
    assert story.states == ["CheckInput", "Init", *3 * [*RETRY, "WaitBeforeRetry"], *RETRY, "FatalError"]
    assert [failure.exit_code for failure in story.failures] == [4, 4, 4, 4]
    assert story.types == ["TEMPORARY", "TEMPORARY", "TEMPORARY", "FATAL"]
    assert [decision["waitSeconds"] for decision in story.decisions] == [60, 60, 60, 0]
    assert len(story.waits) == 3 and all(wait >= 60 / SPEED - MILLISECOND for wait in story.waits)
    assert (story.status, story.error) == ("FAILED", "RetriesExhausted.network-error")
    assert story.cause.startswith("app exited with 4 (NetworkError); rule network-error (line ")
    assert len(story.output) == 4


def test_an_invalid_input_runs_once(run):
    story = run({"commands": ["InvalidInput"]})
    assert story.attempts == 1
    assert (story.status, story.error) == ("FAILED", "Fatal.invalid-input")


def test_each_attempt_knows_how_many_were_before_it(run):
    story = run({"commands": ["--succeed-on-attempt", "3"]})
    assert story.states == ["CheckInput", "Init", *RETRY, *RETRY, "RunECSTask"]
    assert story.types == ["RETRIABLE", "RETRIABLE"]
    assert story.status == "SUCCEEDED"
    assert story.output[-1] == "task-app: attempt 3 succeeded"


@pytest.mark.parametrize("given", [{}, "x"], ids=["no commands", "no object"])
def test_a_wrong_input_runs_nothing(run, given):
    story = run(given)
    assert story.states == ["CheckInput", "InvalidInput"]
    assert (story.status, story.error) == ("FAILED", "InvalidInput")
    assert '{"commands": ["NetworkError"]}' in story.cause
