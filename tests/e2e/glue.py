"""ministack, changed so that a failed task makes its state fail.

Run this file to start ministack with the changes below. When its standard input is closed,
ministack ends, together with all processes that it started.

1. RunTask starts a process. An image is a manifest in the emulated ECR that names a program on this
   machine. If the image was not pushed, pulling it fails, and the task fails to start.
2. `ecs:runTask.sync` makes its state fail if the task fails. Without this change, the state
   succeeds whatever the exit code is, so there is never anything to retry.
3. A change of the clock's speed also affects waits that have already begun.
4. A state machine keeps its tracing configuration, so that a plan after an apply is empty.
5. If CreateFunction publishes a version, the ARN of the version contains its number, so that a call
   of this ARN reaches this version.
6. DescribeAlarms returns all settings of an alarm, so that a plan after an apply is empty.
7. The demo task is told how much memory its task has and on which capacity provider it runs. If it
   ends for lack of memory or because of a Spot interruption, the task says so, as in AWS.
8. A Succeed state in JSONata evaluates its Output.
9. A Parallel state in JSONata evaluates its Output and Assign, and the variables of its branches
   end with them. Without this change, the result of a woven state stays a list.
10. A history contains the states inside Map and Parallel states, and the variables that each state
    assigned, so that the decisions of a state machine without a function can be compared.
"""

import collections
import copy
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
import xml.sax.saxutils

import ministack.services.cloudwatch as cloudwatch
import ministack.services.ecr as ecr
import ministack.services.ecs as ecs
import ministack.services.lambda_svc as functions
import ministack.services.stepfunctions as step_functions
from ministack.app import main

RUN_TASK = "arn:aws:states:::ecs:runTask"

# The unchanged functions of ministack.
original_run_task = step_functions._SERVICE_DISPATCH[RUN_TASK]
original_create_function = functions._create_function
original_describe_alarms = cloudwatch._describe_alarms
original_output_path = step_functions._apply_output_path
original_branches = step_functions._run_parallel_branches
original_inner_states = step_functions._run_sub_machine
original_assign = step_functions._apply_state_assign
original_add_event = step_functions._add_event

# The annotation in an image's manifest that names the program to start instead of a container.
PROGRAM_ANNOTATION = "exitwise.e2e.program"

# The environment variables that tell the demo task what its run has got. Source: task-app/src/capacity.rs.
TASK_MEMORY, TASK_PROVIDER = "EXITWISE_TASK_MEMORY", "EXITWISE_TASK_PROVIDER"

# The exit code of a container that was killed.
KILLED = 137

# What the current state of each thread has assigned.
this_thread = threading.local()

# Settings of an alarm that DescribeAlarms leaves out of an answer in XML.
SETTINGS_NOT_IN_XML = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "Dimensions",
    "Period",
    "Statistic",
    "TreatMissingData",
)

# Keys in the answer of DescribeTasks that the Cause of a Fargate task does not have.
# Source: lambda/tests/failures/captured-*.
KEYS_NOT_IN_CAUSE = {"ContainerInstanceArn", "HealthStatus", "PlatformFamily"}


class Process:
    """A child process with the interface of a container in the Docker client."""

    def __init__(self, program, arguments, environment):
        self.id = uuid.uuid4().hex
        self.attrs = {"NetworkSettings": {"Networks": {}}}
        self._output = collections.deque()
        self._changed = threading.Condition()
        self._ended = False
        # Like a container, the process does not inherit the emulator's environment.
        self._child = subprocess.Popen(
            [program, *arguments],
            env={"PATH": os.defpath, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._read_output, daemon=True).start()

    def _read_output(self):
        for line in self._child.stdout:
            with self._changed:
                self._output.append(line)
                self._changed.notify_all()
        self._child.wait()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def status(self):
        return "exited" if self._ended else "running"

    def reload(self):
        """Does nothing, because `status` is always up to date."""

    def wait(self, **_):
        code = self._child.wait()
        return {"StatusCode": code if code >= 0 else 128 - code}

    def logs(self, follow=False, **_):
        return self._follow() if follow else b"".join(self._output)

    def _follow(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._output or self._ended)
                if not self._output:
                    return
                line = self._output.popleft()
            yield line

    def stop(self, timeout):
        self._child.terminate()
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def remove(self, **_):
        """Does nothing, because a process that has ended leaves nothing behind."""


class Processes:
    """The part of the Docker client that ministack uses, for processes instead of containers."""

    def __init__(self):
        self.containers = self
        self._by_id = {}

    def run(self, image, command, environment, **_):
        process = Process(program_of(image), command or [], environment)
        self._by_id[process.id] = process
        return process

    def get(self, identity):
        return self._by_id[identity]


def program_of(image):
    """The program of an image, from its manifest in the emulated ECR."""
    repository, separator, digest = image.partition("@")
    if separator:
        identity = {"imageDigest": digest}
    else:
        repository, _, tag = image.rpartition(":")
        identity = {"imageTag": tag}
    _, _, name = repository.partition("/")
    status, _, answer = ecr._batch_get_image({"repositoryName": name, "imageIds": [identity]})
    found = json.loads(answer)["images"] if status == 200 else []
    if not found:
        # The wording of ECS.
        raise ecs._ImagePullError(
            f"pull image manifest has been retried 7 time(s): failed to resolve ref {image}: {image}: not found"
        )
    return json.loads(found[0]["imageManifest"])["annotations"][PROGRAM_ANNOTATION]


def run_task(resource, parameters):
    """`ecs:runTask` and `ecs:runTask.sync`, with the results and errors of Step Functions."""
    answer = original_run_task(resource, with_capacity(parameters))
    if not resource.endswith(".sync"):
        return answer
    task = as_killed(to_cause_format(answer["tasks"][0]), parameters)
    started = task["StopCode"] != "TaskFailedToStart"
    if started and not any(container.get("ExitCode") for container in task["Containers"]):
        return task
    cause = json.dumps(task, sort_keys=True, separators=(",", ":"))
    raise step_functions._ExecutionError("States.TaskFailed", cause)


def with_capacity(parameters):
    """The parameters, with what the run has got in the environment of its first container."""
    parameters = copy.deepcopy(parameters)
    definition = ecs._task_defs.get(ecs._resolve_td_key(parameters["TaskDefinition"])) or {}
    overrides = parameters.get("Overrides", {})
    memory = overrides.get("Memory") or definition.get("memory")
    variables = {TASK_MEMORY: memory, TASK_PROVIDER: provider_of(parameters)}
    for container in overrides.get("ContainerOverrides", [])[:1]:
        environment = container.setdefault("Environment", [])
        environment += [{"Name": name, "Value": value} for name, value in variables.items() if value is not None]
    return parameters


def provider_of(parameters):
    """The capacity provider of a run that can have only one; empty for none."""
    return next((item["CapacityProvider"] for item in parameters.get("CapacityProviderStrategy", [])), "")


def as_killed(task, parameters):
    """The stopped task with its own parameters, and with the reason for which AWS has killed it."""
    overrides = parameters.get("Overrides", {})
    task |= {"Overrides": overrides} | {key: overrides[key] for key in ("Cpu", "Memory") if key in overrides}
    commands = [command for item in overrides.get("ContainerOverrides", []) for command in item.get("Command", [])]
    for container in task["Containers"]:
        if container.get("ExitCode") == KILLED and "OutOfMemory" in commands:
            container["Reason"] = "OutOfMemoryError: Container killed due to memory usage"
        if container.get("ExitCode") == KILLED and "SpotInterruption" in commands:
            task |= {"StopCode": "SpotInterruption", "StoppedReason": "Your Spot Task was interrupted."}
    return task


def to_cause_format(value, key=""):
    """Converts an answer of DescribeTasks to the format of a Cause.

    The keys are in PascalCase, and times are in milliseconds.
    """
    if isinstance(value, dict):
        pairs = ((name[:1].upper() + name[1:], member) for name, member in value.items())
        return {name: to_cause_format(member, name) for name, member in pairs if name not in KEYS_NOT_IN_CAUSE}
    if isinstance(value, list):
        return [to_cause_format(member) for member in value]
    if key.endswith("At") and isinstance(value, str):
        return int(datetime.datetime.fromisoformat(value).timestamp() * 1000)
    if key.endswith("At"):
        return int(value * 1000)
    # The wording of ministack differs from that of ECS.
    if key == "StoppedReason" and value == "Essential container exited":
        return "Essential container in task exited"
    return value


def wait(seconds):
    """Sleeps for the duration of a Wait state.

    The original function reads the clock's speed only once, at the start.
    """
    start = time.monotonic()
    while time.monotonic() - start < seconds * step_functions._SFN_WAIT_SCALE:
        time.sleep(0.02)


def output_of(state, document, context):
    """The output of a state that has no result of its own."""
    if state["Type"] == "Succeed" and step_functions._state_query_language(state, context) == "JSONata":
        return step_functions._apply_jsonata_output(state, document, context, default=document)
    return original_output_path(state, document, context)


def run_branches(state, document, execution, context):
    """The branches of a Parallel state, and in JSONata its Output and Assign."""
    inner = {**context, "variables": {**context["variables"]}}
    results, following = original_branches(state, document, execution, inner)
    if step_functions._state_query_language(state, context) != "JSONata":
        return results, following
    output = step_functions._apply_jsonata_output(state, document, context, result=results, default=results)
    step_functions._apply_state_assign(state, document, context, result=results)
    return output, following


class Announced(dict):
    """The states of a branch or of an item, which tells the history when one is entered or left.

    ministack looks up each state exactly once, when it enters the state.
    """

    def __init__(self, states, execution):
        super().__init__(states)
        self._execution = execution
        self._current = None

    def get(self, name, default=None):
        self.leave()
        self._current = name
        self._add("Entered")
        return super().get(name, default)

    def leave(self):
        if self._current:
            self._add("Exited")

    def _add(self, change):
        kind = self[self._current]["Type"]
        details = {f"state{change}EventDetails": {"name": self._current}}
        step_functions._add_event(self._execution, f"{kind}State{change}", details)


def run_inner_states(states, first, document, execution, context):
    """The states of a branch or of an item, with their events."""
    announced = Announced(states, execution)
    output = original_inner_states(announced, first, document, execution, context)
    announced.leave()
    return output


def assign(state, document, context, **results):
    """The Assign of a state or of a catcher, whose values are kept for the event of the state's exit."""
    original_assign(state, document, context, **results)
    variables = context["variables"]
    this_thread.assigned = {name: json.dumps(variables[name]) for name in state.get("Assign", {})}


def add_event(execution, kind, details=None):
    """An event, in which a state that exits has the variables that it assigned."""
    assigned = getattr(this_thread, "assigned", {})
    if kind.endswith("StateExited") and assigned:
        details["stateExitedEventDetails"]["assignedVariables"] = assigned
    if kind.endswith(("StateEntered", "StateExited")):
        this_thread.assigned = {}
    return original_add_event(execution, kind, details)


def keep_tracing(call):
    """Makes CreateStateMachine or UpdateStateMachine store the tracing configuration."""

    def wrapper(parameters):
        status, headers, answer = call(parameters)
        if status == 200 and "tracingConfiguration" in parameters:
            arn = parameters.get("stateMachineArn") or json.loads(answer)["stateMachineArn"]
            step_functions._state_machines[arn]["tracingConfiguration"] = parameters["tracingConfiguration"]
        return status, headers, answer

    return wrapper


def create_function(parameters):
    """CreateFunction, with the version number in the ARN of the version that it publishes.

    The other calls of ministack that publish a version add the number themselves.
    """
    answer = original_create_function(parameters)
    for number, version in functions._functions[parameters["FunctionName"]]["versions"].items():
        version["config"]["FunctionArn"] += f":{number}"
    return answer


def describe_alarms(*request):
    """DescribeAlarms, with all settings of the alarms."""
    status, headers, body = original_describe_alarms(*request)
    for alarm in cloudwatch._alarms.values():
        arn = f"<AlarmArn>{alarm['AlarmArn']}</AlarmArn>"
        settings = "".join(f"<{key}>{to_xml(alarm[key])}</{key}>" for key in SETTINGS_NOT_IN_XML)
        body = body.replace(arn.encode(), f"{arn}{settings}".encode())
    return status, headers, body


def to_xml(value):
    """A value in the format of the query protocol."""
    match value:
        case dict():
            return "".join(f"<{key}>{to_xml(member)}</{key}>" for key, member in value.items())
        case list():
            return "".join(f"<member>{to_xml(member)}</member>" for member in value)
        case bool():
            return str(value).lower()
        case _:
            return xml.sax.saxutils.escape(str(value))


def kill_at_end_of_input():
    """Kills the emulator when the tests have ended or crashed, which closes its standard input."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=kill_at_end_of_input, daemon=True).start()
    ecs._docker = Processes()
    step_functions._SERVICE_DISPATCH[RUN_TASK] = run_task
    step_functions._apply_output_path = output_of
    step_functions._scaled_sleep = wait
    step_functions._run_parallel_branches = run_branches
    step_functions._run_sub_machine = run_inner_states
    step_functions._apply_state_assign = assign
    step_functions._add_event = add_event
    step_functions._create_state_machine = keep_tracing(step_functions._create_state_machine)
    step_functions._update_state_machine = keep_tracing(step_functions._update_state_machine)
    functions._create_function = create_function
    cloudwatch._describe_alarms = describe_alarms
    main()
