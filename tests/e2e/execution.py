"""What happens in an execution: one that is deployed, and the same on this machine by `exitwise run`."""

import dataclasses
import datetime
import json
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterable

from stack import Stack

# How long anything here may take, in seconds: no execution waits for more than a few.
TIMEOUT = 60

# The last event of an execution, and the status that it has from then on.
ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED"}

# What the times in a history are cut to, in seconds.
MILLISECOND = 0.001


@dataclasses.dataclass(frozen=True)
class Failure:
    """A failed attempt, as ProcessError is told of it."""

    error: str
    stop_code: str
    stopped_reason: str
    exit_code: int | None


@dataclasses.dataclass
class Story:
    """An execution from its history. Two are equal if the same states were visited for the same reasons."""

    # Names, in order.
    states: list[str] = dataclasses.field(default_factory=list)
    failures: list[Failure] = dataclasses.field(default_factory=list)
    # ProcessError's answers, whole.
    decisions: list[dict] = dataclasses.field(default_factory=list)
    status: str = "RUNNING"
    error: str | None = None
    cause: str | None = None
    # What the task's program printed, attempt by attempt.
    output: list[str] = dataclasses.field(default_factory=list)
    # The task of each attempt, as Step Functions tells of it.
    tasks: list[dict] = dataclasses.field(default_factory=list, compare=False)
    # Seconds that Wait states took, in order.
    waits: list[float] = dataclasses.field(default_factory=list, compare=False)

    @property
    def attempts(self) -> int:
        return self.states.count("RunECSTask")

    @property
    def types(self) -> list[str]:
        return [decision["type"] for decision in self.decisions]


@dataclasses.dataclass(frozen=True)
class Event:
    """An event of a history, whoever wrote it."""

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
    """A deployed execution, started by a real AWS client."""

    def __init__(self, stack: Stack, given: object, machine: str = ""):
        """Starts the state machine with this ARN, else the root's, with this input."""
        self._stack = stack
        self._client = stack.client("stepfunctions")
        arn = machine or stack.outputs["state_machine_arn"]
        self.arn = self._client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]

    def history(self) -> list[dict]:
        """What has happened so far, as AWS tells it."""
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=self.arn)
        return [event for page in pages for event in page["events"]]

    def story(self) -> Story:
        """What has happened so far, without the task's output."""
        return tell(deployed_event(event) for event in self.history())

    def reach(self, state: str):
        """Waits until a state is entered."""
        wait_until(lambda: state in self.story().states, f"{state} is reached")

    def wait(self):
        """Waits for the end."""
        # Its status changes a moment before the last event is there.
        wait_until(lambda: self.history()[-1]["type"] in ENDS, "the execution ends")

    def end(self) -> Story:
        """Waits for the end, and tells all."""
        self.wait()
        story = self.story()
        ran = (task for task in story.tasks if task["StopCode"] != "TaskFailedToStart")
        story.output = [line for task in ran for line in self._output_of(task)]
        return story

    def _output_of(self, task: dict) -> list[str]:
        """What a task has printed, from the log group that its definition names."""
        definition = self._stack.client("ecs").describe_task_definition(taskDefinition=task["TaskDefinitionArn"])
        [container] = definition["taskDefinition"]["containerDefinitions"]
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task['TaskArn'].rpartition('/')[2]}"
        logs = self._stack.client("logs")

        def lines():
            found = logs.filter_log_events(logGroupName=options["awslogs-group"], logStreamNames=[stream])["events"]
            return [event["message"] for event in found]

        # The emulator forwards them at its leisure.
        wait_until(lines, "the task's output arrives")
        return lines()


def wait_until(condition: Callable[[], object], what: str):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"not within {TIMEOUT} s: {what}"
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
    """The same by `exitwise run --fast`, with these further options."""
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
