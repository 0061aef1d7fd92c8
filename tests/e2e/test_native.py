"""State machines that decide without a function: the compiled one, and a workflow with policies woven into it.

Each execution is compared with a local run of the same state machine, and that of the compiled one with a local run of the
state machine with the function, too.
"""

import json
import string
import subprocess

import pytest

from conftest import HERE
from execution import Execution, run_locally
from stack import SUBNET

# At this speed, a wait of one minute takes a moment.
FAST = 1_000

DECISION = ["RunECSTask", "ProcessError", "ErrorStateChoice"]


@pytest.fixture(scope="module")
def native(new_stack, exitwise, task_app):
    """A deployment of the default policy without a function, with an image."""
    stack = new_stack()
    compiled = stack.folder / "machine.asl.json"
    compile(exitwise, stack.policy, "-o", compiled)
    stack.variables |= {"backend": "native", "compiled_definition": str(compiled), "policy_file": str(stack.policy)}
    stack.init()
    stack.apply()
    stack.push_image(task_app)
    return stack


def compile(exitwise, *arguments):
    done = subprocess.run([exitwise, "compile", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def run(native, emulator, exitwise):
    """Starts an execution on the emulator and locally, with and without the function, and returns its summary.

    Asserts that all three summaries are equal.
    """

    def run(*commands):
        execution_input = {"commands": list(commands)}
        with emulator.clock(FAST):
            summary = Execution(native, execution_input).result()
        options = ("--input", json.dumps(execution_input))
        assert summary == run_locally(exitwise, "--policy", native.policy, "--backend", "native", *options)
        assert summary == run_locally(exitwise, "--policy", native.policy, *options)
        return summary

    return run


def test_no_function_is_deployed(native):
    assert native.client("lambda").list_functions()["Functions"] == []


def test_a_network_error_is_retried_until_its_retries_are_used(run):
    summary = run("NetworkError")
    retries = 3 * [*DECISION, "WaitBeforeRetry"]
    assert summary.states == ["CheckInput", "Init", *retries, *DECISION, "FatalError"]
    assert [decision["waitSeconds"] for decision in summary.decisions] == [60, 60, 60, 0]
    assert (summary.status, summary.error) == ("FAILED", "RetriesExhausted.network-error")
    assert summary.cause.startswith("app exited with 4 (NetworkError); rule network-error (line ")


def test_each_attempt_gets_its_number(run):
    summary = run("--succeed-on-attempt", "3")
    assert summary.types == ["RETRIABLE", "RETRIABLE"]
    assert (summary.status, summary.output[-1]) == ("SUCCEEDED", "task-app: attempt 3 succeeded")


@pytest.mark.parametrize(
    "commands, error",
    [(["InvalidInput"], "Fatal.invalid-input"), (["126"], "Fatal.command-not-runnable"), (["139"], "RetriesExhausted.crashed")],
    ids=["invalid input", "not runnable", "crashed"],
)
def test_other_failures_end_as_the_policy_says(run, commands, error):
    assert run(*commands).error == error


@pytest.fixture(scope="module")
def woven(native, exitwise):
    """The ARN of a workflow with policies, and its definition in a file."""
    ecs = native.client("ecs")
    [cluster] = ecs.list_clusters()["clusterArns"]
    [family] = ecs.list_task_definition_families()["families"]
    values = {"cluster": cluster, "task_definition": family, "subnet": SUBNET}
    source, file = native.folder / "workflow.asl.json", native.folder / "woven.asl.json"
    source.write_text(string.Template((HERE / "workflow.asl.json").read_text()).safe_substitute(values))
    policies = {"Export": native.policy, "Train": native.policy, "Clean": HERE / "skipping.toml"}
    options = (word for state, policy in policies.items() for word in ("--policy", f"{state}={policy}"))
    compile(exitwise, source, *options, "-o", file)
    role = "arn:aws:iam::111111111111:role/any"
    created = native.client("stepfunctions").create_state_machine(name="woven", definition=file.read_text(), roleArn=role)
    return created["stateMachineArn"], file


@pytest.mark.parametrize(
    "execution_input, output, states",
    [
        (
            {"export": [], "shards": [["NetworkError"], ["--succeed-on-attempt", "3"], []], "clean": ["InvalidInput"]},
            {"exported": 0, "cleaned": "skipped"},
            {"Export: WaitBeforeRetry": 0, "Train: WaitBeforeRetry": 3, "Train: ProcessError": 6, "KeepOld": 1},
        ),
        (
            {"export": ["NetworkError", "--succeed-on-attempt", "4"], "shards": [], "clean": []},
            {"exported": 0, "shards": [], "cleaned": "cleaned"},
            {"Export: WaitBeforeRetry": 3, "Train: RunTask": 0, "Clean: RunTask": 1},
        ),
        (
            {"export": ["InvalidInput"], "shards": [[]], "clean": []},
            {"shards": [{"trained": []}], "cleaned": "cleaned"},
            {"Export: RunTask": 1, "Export: FatalError": 1, "Train: RunTask": 1},
        ),
        # The last shard fails, because the emulator does not stop at the first failure of an item.
        ({"export": [], "shards": [[], ["InvalidInput"]], "clean": []}, None, {"Train: RunTask": 2, "Clean": 0}),
        ({"export": [], "shards": [], "clean": ["NetworkError"]}, None, {"Clean: RunTask": 1, "Clean: FatalError": 1}),
    ],
    ids=["a shard fails, nothing to clean", "export waits", "export is caught", "a shard is not caught", "clean fails"],
)
def test_a_woven_workflow_ends_as_it_does_locally(native, woven, emulator, exitwise, task_app, execution_input, output, states):
    machine, file = woven
    with emulator.clock(FAST):
        execution = Execution(native, execution_input, machine)
        summary = execution.result()
    options = ("--entrypoint", task_app, "--input", json.dumps(execution_input))
    local = run_locally(exitwise, "--definition", file, *options)
    assert (summary, summary.returned) == (local, local.returned)
    assert {state: summary.states.count(state) for state in states} == states
    assert (output or {}).items() <= (summary.returned or {}).items()
    assert summary.status == ("FAILED" if output is None else "SUCCEEDED")
