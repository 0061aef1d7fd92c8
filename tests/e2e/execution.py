"""Executions and their histories: on the emulator, and locally by `exitwise run`."""

import dataclasses
import datetime
import json
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterable

from stack import Stack

# Timeout of everything here, in seconds. No execution waits for more than a few seconds.
TIMEOUT = 60

# The types of an execution's last event, with the status of the execution after it.
ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED"}

# The resolution of times in a history, in seconds.
MILLISECOND = 0.001


@dataclasses.dataclass(frozen=True)
class Failure:
    """A failed attempt, as it is reported to ProcessError."""

    error: str
    stop_code: str
    stopped_reason: str
    exit_code: int | None


@dataclasses.dataclass
class Story:
    """What happened in an execution. Two stories are equal if the same states were entered for the same reasons."""

    # Names of the states, in the order in which they were entered.
    states: list[str] = dataclasses.field(default_factory=list)
    failures: list[Failure] = dataclasses.field(default_factory=list)
    # The complete answers of ProcessError.
    decisions: list[dict] = dataclasses.field(default_factory=list)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    # The lines that the task printed, in the order of the attempts.
    output: list[str] = dataclasses.field(default_factory=list)
    # The task of each attempt, as Step Functions describes it.
    tasks: list[dict] = dataclasses.field(default_factory=list, compare=False)
    # Duration of each Wait state, in order, in seconds.
    waits: list[float] = dataclasses.field(default_factory=list, compare=False)

    @property
    def attempts(self) -> int:
        return self.states.count("RunECSTask")

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
    error: str | None
    cause: str | None


def tell(events: Iterable[Event]) -> Story:
    story = Story()
    wait_started = None
    for event in events:
        if event.type.endswith("StateEntered"):
            story.states.append(event.state)
        match event.type, event.state:
            case "TaskStateExited", "RunECSTask":
                failed = event.output.get("taskError")
                task = json.loads(failed["Cause"]) if failed else event.output
                story.tasks.append(task)
                if failed:
                    exit_code = task["Containers"][0].get("ExitCode")
                    story.failures.append(Failure(failed["Error"], task["StopCode"], task["StoppedReason"], exit_code))
            case "TaskStateExited", "ProcessError":
                story.decisions.append(event.output["errorState"])
            case "WaitStateEntered", _:
                wait_started = event.time
            case "WaitStateExited", _:
                story.waits.append((event.time - wait_started).total_seconds())
            case end, _ if end in ENDS:
                story.status = ENDS[end]
                story.error, story.cause = event.error, event.cause
    return story


class Execution:
    """An execution on the emulator, started by an AWS client."""

    def __init__(self, stack: Stack, given: object, machine: str = ""):
        """Starts the state machine with this ARN, or that of the root module, with this input."""
        self._stack = stack
        self._client = stack.client("stepfunctions")
        arn = machine or stack.outputs["state_machine_arn"]
        self.arn = self._client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

    def history(self) -> list[dict]:
        """The events so far, as AWS returns them."""
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def story(self) -> Story:
        """The story so far, without the output of the task."""
        return tell(deployed_event(event) for event in self.history())

    def reach(self, state: str):
        """Waits until a state is entered."""
        wait_until(lambda: state in self.story().states, f"{state} is reached")

    def wait(self):
        """Waits until the execution has ended."""
        # The status changes shortly before the last event appears in the history.
        wait_until(lambda: self.history()[-1]["type"] in ENDS, "the execution ends")

    def end(self) -> Story:
        """Waits until the execution has ended, and returns the complete story."""
        self.wait()
        story = self.story()
        ran = (task for task in story.tasks if task["StopCode"] != "TaskFailedToStart")
        story.output = [line for task in ran for line in self._output_of(task)]
        return story

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

        # The emulator writes them to the log group with a delay.
        wait_until(lines, "the task's output arrives")
        return lines()


def wait_until(condition: Callable[[], object], what: str):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"timed out after {TIMEOUT} s: {what}"
        time.sleep(0.1)


def deployed_event(event: dict) -> Event:
    details = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return Event(
        type=event["type"],
        time=event["timestamp"],
        state=details.get("name"),
        output=json.loads(details.get("output", "null")),
        error=details.get("error"),
        cause=details.get("cause"),
    )


def run_locally(exitwise: pathlib.Path, policy: pathlib.Path, *arguments: str) -> Story:
    """The story of the same execution in `exitwise run --fast`, with these further arguments."""
    command = [exitwise, "run", "--fast", "--format", "json", "--policy", policy, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode in (0, 1), done.stderr
    story = tell(local_event(json.loads(line)) for line in done.stdout.splitlines())
    story.output = done.stderr.splitlines()
    return story


def local_event(event: dict) -> Event:
    details = event.get("details", {})
    return Event(
        type=event["type"],
        time=datetime.datetime.fromisoformat(event["timestamp"]),
        state=event.get("state"),
        output=details.get("output"),
        error=details.get("error"),
        cause=details.get("cause"),
    )
