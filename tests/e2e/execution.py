"""Executions and their histories, on the emulator and locally with `exitwise run`."""

import dataclasses
import datetime
import json
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterable

from stack import Stack

# Timeout of every operation here, in seconds. No execution waits for more than a few seconds.
TIMEOUT = 60

# The types of the last event of an execution, each with the final status of the execution.
FINAL_STATUS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED"}

# The resolution of the times in a history, in seconds.
MILLISECOND = 0.001


@dataclasses.dataclass(frozen=True)
class Failure:
    """A failed attempt, as it is reported to ProcessError."""

    error: str
    stop_code: str
    stopped_reason: str
    exit_code: int | None


@dataclasses.dataclass
class Summary:
    """The course of an execution.

    Two summaries are equal if their executions entered the same states for the same reasons.
    """

    # The names of the states, in the order in which the execution entered them.
    states: list[str] = dataclasses.field(default_factory=list)
    failures: list[Failure] = dataclasses.field(default_factory=list)
    # The complete decisions: the answers of ProcessError, or what it assigns without a function.
    decisions: list[dict] = dataclasses.field(default_factory=list)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    # The output of an execution that has succeeded. Often it describes a task, so it differs.
    returned: object = dataclasses.field(default=None, compare=False)
    # The lines that the task printed, in all attempts.
    output: list[str] = dataclasses.field(default_factory=list)
    # The description of each attempt's task by Step Functions.
    tasks: list[dict] = dataclasses.field(default_factory=list, compare=False)
    # The duration of each Wait state, in seconds.
    waits: list[float] = dataclasses.field(default_factory=list, compare=False)

    @property
    def attempts(self) -> int:
        return sum(runs_task(state) for state in self.states)

    @property
    def types(self) -> list[str]:
        return [decision["type"] for decision in self.decisions]


@dataclasses.dataclass(frozen=True)
class Event:
    """An event of a history, from the emulator or from `exitwise run`."""

    type: str
    time: datetime.datetime
    state: str | None
    output: dict | None
    assigned: dict[str, object]
    error: str | None
    cause: str | None


def runs_task(state: str) -> bool:
    """Whether a state runs a task under a policy: that of the standard machine, or one that is woven."""
    return state == "RunECSTask" or state.endswith(": RunTask")


def summarize(events: Iterable[Event]) -> Summary:
    summary = Summary()
    wait_started = None
    # The name of the current Task state, which events about its task do not contain.
    current = None
    for event in events:
        if event.type.endswith("StateEntered"):
            summary.states.append(event.state)
        match event.type, event.state:
            case "TaskStateEntered", _:
                current = event.state
            case "TaskFailed", _ if runs_task(current):
                task = json.loads(event.cause)
                summary.tasks.append(task)
                exit_code = task["Containers"][0].get("ExitCode")
                failure = Failure(event.error, task["StopCode"], task["StoppedReason"], exit_code)
                summary.failures.append(failure)
            case "TaskSucceeded", _ if runs_task(current):
                summary.tasks.append(event.output)
            case "TaskSucceeded", _ if current == "ProcessError":
                summary.decisions.append(event.output["Payload"])
            case "MapStateExited", state if state.endswith("ProcessError") and "errorState" in event.assigned:
                summary.decisions.append(event.assigned["errorState"])
            case "WaitStateEntered", _:
                wait_started = event.time
            case "WaitStateExited", _:
                summary.waits.append((event.time - wait_started).total_seconds())
            case last, _ if last in FINAL_STATUS:
                summary.status = FINAL_STATUS[last]
                summary.error, summary.cause, summary.returned = event.error, event.cause, event.output
    return summary


class Execution:
    """An execution on the emulator, started by an AWS client."""

    def __init__(self, stack: Stack, execution_input: object, machine: str = ""):
        """Starts an execution with this input.

        `machine` is the ARN of the state machine. By default, it is the one of the root module.
        """
        self._stack = stack
        self._client = stack.client("stepfunctions")
        arn = machine or stack.outputs["state_machine_arn"]
        self.arn = self._client.start_execution(stateMachineArn=arn, input=json.dumps(execution_input))["executionArn"]

    def history(self) -> list[dict]:
        """The events so far, as AWS returns them."""
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def summary(self) -> Summary:
        """The summary of the events so far, without the output of the task."""
        return summarize(event_of(event) for event in self.history())

    def wait_for_state(self, state: str):
        """Waits until the execution has entered a state."""
        wait_until(lambda: state in self.summary().states, f"{state} is entered")

    def wait_for_end(self):
        """Waits until the execution has ended."""
        # The status changes shortly before the last event appears in the history.
        wait_until(lambda: self.history()[-1]["type"] in FINAL_STATUS, "the execution ends")

    def result(self) -> Summary:
        """Waits until the execution has ended, and returns the complete summary."""
        self.wait_for_end()
        summary = self.summary()
        started = (task for task in summary.tasks if task["StopCode"] != "TaskFailedToStart")
        summary.output = [line for task in started for line in self._output_of(task)]
        return summary

    def _output_of(self, task: dict) -> list[str]:
        """The lines that a task printed, from the log group in its task definition."""
        definition = self._stack.client("ecs").describe_task_definition(taskDefinition=task["TaskDefinitionArn"])
        [container] = definition["taskDefinition"]["containerDefinitions"]
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task['TaskArn'].rpartition('/')[2]}"
        logs = self._stack.client("logs")

        def lines():
            found = logs.filter_log_events(logGroupName=options["awslogs-group"], logStreamNames=[stream])["events"]
            return [event["message"] for event in found]

        # The emulator writes the lines to the log group with a delay.
        wait_until(lines, "the task's output arrives")
        return lines()


def wait_until(condition: Callable[[], object], description: str):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"timed out after {TIMEOUT} s waiting until {description}"
        time.sleep(0.1)


def event_of(event: dict) -> Event:
    """An event of the API, or of `exitwise run`, whose times are strings."""
    at = event["timestamp"]
    details = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return Event(
        type=event["type"],
        time=datetime.datetime.fromisoformat(at) if isinstance(at, str) else at,
        state=details.get("name"),
        output=json.loads(details.get("output", "null")),
        assigned={name: json.loads(value) for name, value in details.get("assignedVariables", {}).items()},
        error=details.get("error"),
        cause=details.get("cause"),
    )


def run_locally(exitwise: pathlib.Path, *arguments: str | pathlib.Path) -> Summary:
    """Runs `exitwise run --fast` with these additional arguments, and returns the summary."""
    command = [exitwise, "run", "--fast", "--format", "json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode in (0, 1), done.stderr
    summary = summarize(event_of(json.loads(line)) for line in done.stdout.splitlines())
    summary.output = done.stderr.splitlines()
    return summary
