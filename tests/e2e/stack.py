"""Terraform, run as a user runs it: in a clone of the project, with nothing but environment variables for the emulator."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

from emulator import Emulator

PROJECT = pathlib.Path(__file__).resolve().parents[2]

# The default VPC's subnet in a new account of ministack.
SUBNET = "subnet-00000001"

# How long one command may take, in seconds. The slowest needs 15 on two processors.
TIMEOUT = 300


@dataclasses.dataclass
class Outcome:
    """What one run of terraform did."""

    status: int
    # The action on each resource that was changed, or is planned to be, by its address.
    changes: dict[str, str] = dataclasses.field(default_factory=dict)
    errors: list[str] = dataclasses.field(default_factory=list)
    outputs: dict[str, object] = dataclasses.field(default_factory=dict)

    @property
    def refusal(self) -> str:
        """Everything that was said against it."""
        assert self.status == 1, f"was not refused, but did {self.changes}"
        return "\n".join(self.errors)


class Stack:
    """A deployment of the project's own configuration into an account of the emulator."""

    def __init__(self, folder: pathlib.Path, emulator: Emulator, account: str):
        self.folder = folder
        self.emulator = emulator
        self.account = account
        self.policy = folder / "policies" / "default.toml"
        self.function_zip = folder / "target" / "lambda" / "bootstrap.zip"
        self.outputs: dict[str, object] = {}

    @classmethod
    def clone(cls, folder: pathlib.Path, function_zip: pathlib.Path, emulator: Emulator, account: str):
        """The files of a clone that Terraform reads, the function built."""
        for name in ("terraform", "policies"):
            shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "tests", "examples"))
        shutil.copy(PROJECT / "Cargo.toml", folder)
        stack = cls(folder, emulator, account)
        stack.function_zip.parent.mkdir(parents=True)
        shutil.copy(function_zip, stack.function_zip)
        return stack

    def command(self, *command: str | os.PathLike) -> subprocess.CompletedProcess:
        """Runs a command in the clone."""
        environment = os.environ | self.emulator.environment(self.account)
        environment |= {"CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": "-no-color"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )

    def init(self):
        # Downloaded once, not by every clone.
        plugins = os.environ.get("TERRAFORM_PLUGINS")
        options = [f"-plugin-dir={plugins}"] if plugins else []
        done = self.command("terraform", "-chdir=terraform", "init", "-input=false", *options)
        assert done.returncode == 0, done.stdout + done.stderr

    def apply(self, *options: str) -> Outcome:
        outcome = self.try_to("apply", *options)
        assert outcome.status == 0, "\n".join(outcome.errors)
        self.outputs = outcome.outputs
        return outcome

    def plan(self) -> Outcome:
        outcome = self.try_to("plan")
        assert outcome.status == 0, "\n".join(outcome.errors)
        return outcome

    def destroy(self) -> Outcome:
        outcome = self.try_to("destroy")
        assert outcome.status == 0, "\n".join(outcome.errors)
        return outcome

    def try_to(self, action: str, *options: str) -> Outcome:
        """Runs `plan`, `apply` or `destroy`, which may be refused."""
        approval = [] if action == "plan" else ["-auto-approve"]
        done = self.command(
            "terraform", "-chdir=terraform", action, "-json", "-input=false", *approval, f"-var=subnet_id={SUBNET}", *options
        )
        outcome = Outcome(done.returncode)
        for line in done.stdout.splitlines():
            told = json.loads(line)
            match told["type"]:
                case "planned_change" if action == "plan":
                    change = told["change"]
                    outcome.changes[change["resource"]["addr"]] = change["action"]
                case "apply_complete" if told["hook"]["action"] != "read":
                    outcome.changes[told["hook"]["resource"]["addr"]] = told["hook"]["action"]
                case "diagnostic" if told["diagnostic"]["severity"] == "error":
                    outcome.errors.append(f"{told['diagnostic']['summary']}\n{told['diagnostic']['detail']}")
                case "outputs":
                    outcome.outputs = {name: output.get("value") for name, output in told["outputs"].items()}
        return outcome

    def client(self, service: str):
        return self.emulator.client(service, self.account)

    def push_image(self, program: pathlib.Path):
        """Puts an image into the deployed ECR repository, under the tag that the task definition names."""
        image = self.task_image()
        repository, _, tag = image.partition("/")[2].rpartition(":")
        manifest = json.dumps({"schemaVersion": 2, "annotations": {"exitwise.e2e.program": str(program)}})
        self.client("ecr").put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)

    def task_image(self) -> str:
        definition = self.definition()["States"]["RunECSTask"]["Parameters"]["TaskDefinition"]
        task = self.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
        return task["containerDefinitions"][0]["image"]

    def definition(self, machine: str = "") -> dict:
        """The deployed definition of the state machine with this ARN, else of the root's."""
        arn = machine or self.outputs["state_machine_arn"]
        return json.loads(self.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])
