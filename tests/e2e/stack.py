"""Runs Terraform as a user does, in a clone of the project.

Only environment variables point Terraform to the emulator.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

from emulator import Emulator

PROJECT = pathlib.Path(__file__).resolve().parents[2]

# The subnet in the default VPC of a new ministack account.
SUBNET = "subnet-00000001"

# Timeout of one command, in seconds. The slowest one takes 25 seconds, because the provider polls
# until resources are ready.
TIMEOUT = 300


@dataclasses.dataclass
class Outcome:
    """The result of one Terraform command."""

    status: int
    # The action on each changed resource, by the address of the resource. For a plan, the planned
    # actions.
    changes: dict[str, str] = dataclasses.field(default_factory=dict)
    errors: list[str] = dataclasses.field(default_factory=list)
    outputs: dict[str, object] = dataclasses.field(default_factory=dict)

    @property
    def error_text(self) -> str:
        """All error messages of a command that failed."""
        assert self.status == 1, f"the command did not fail, and made these changes: {self.changes}"
        return "\n".join(self.errors)


class Stack:
    """A deployment to an account of the emulator.

    It is made from a clone of the project that contains the package of the function.
    """

    def __init__(self, folder: pathlib.Path, function_zip: pathlib.Path, emulator: Emulator, account: str):
        self.folder = folder
        self.policies = folder / "policies"
        self.policy = self.policies / "default.toml"
        self.function_zip = folder / "target" / "lambda" / "bootstrap.zip"
        # The folder in which Terraform runs, and the variables that are passed to it.
        self.configuration = "terraform"
        self.variables: dict[str, object] = {"subnet_id": SUBNET}
        self.outputs: dict[str, object] = {}
        self._emulator = emulator
        self._account = account

        for name in ("terraform", "policies"):
            ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
            shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
        shutil.copy(PROJECT / "Cargo.toml", folder)
        self.function_zip.parent.mkdir(parents=True)
        shutil.copy(function_zip, self.function_zip)

    def client(self, service: str):
        return self._emulator.client(service, self._account)

    def command(self, *command: str) -> subprocess.CompletedProcess:
        """Runs a command in the clone."""
        environment = os.environ | self._emulator.environment(self._account)
        environment |= {"CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": "-no-color"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )

    def init(self):
        # All clones share one download of the provider.
        plugins = os.environ.get("TERRAFORM_PLUGINS")
        options = [f"-plugin-dir={plugins}"] if plugins else []
        done = self.command("terraform", f"-chdir={self.configuration}", "init", "-input=false", *options)
        assert done.returncode == 0, done.stdout + done.stderr

    def plan(self, **variables) -> Outcome:
        return self._done("plan", variables)

    def apply(self, **variables) -> Outcome:
        outcome = self._done("apply", variables)
        self.outputs = outcome.outputs
        return outcome

    def destroy(self, **variables) -> Outcome:
        return self._done("destroy", variables)

    def _done(self, action: str, variables: dict) -> Outcome:
        outcome = self.try_to(action, **variables)
        assert outcome.status == 0, "\n".join(outcome.errors)
        return outcome

    def try_to(self, action: str, **variables) -> Outcome:
        """Runs `plan`, `apply` or `destroy` with additional variables. The command may fail."""
        options = [] if action == "plan" else ["-auto-approve"]
        for name, value in (self.variables | variables).items():
            options.append(f"-var={name}={value if isinstance(value, str) else json.dumps(value)}")
        done = self.command("terraform", f"-chdir={self.configuration}", action, "-json", "-input=false", *options)
        outcome = Outcome(done.returncode)
        for line in done.stdout.splitlines():
            message = json.loads(line)
            match message["type"]:
                case "planned_change" if action == "plan":
                    change = message["change"]
                    outcome.changes[change["resource"]["addr"]] = change["action"]
                case "apply_complete" if message["hook"]["action"] != "read":
                    outcome.changes[message["hook"]["resource"]["addr"]] = message["hook"]["action"]
                case "diagnostic" if message["diagnostic"]["severity"] == "error":
                    outcome.errors.append(f"{message['diagnostic']['summary']}\n{message['diagnostic']['detail']}")
                case "outputs":
                    outcome.outputs = {name: output.get("value") for name, output in message["outputs"].items()}
        return outcome

    def push_image(self, program: pathlib.Path):
        """Pushes an image that runs this program, as the image of the deployed task definition."""
        repository = self.outputs["ecr_repository_url"]
        [family] = self.client("ecs").list_task_definition_families()["families"]
        task = self.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
        image = task["containerDefinitions"][0]["image"]
        assert image.startswith(f"{repository}:")
        self.push(repository.partition("/")[2], image.rpartition(":")[2], program)

    def push(self, repository: str, tag: str, program: pathlib.Path):
        """Pushes an image that runs this program."""
        manifest = json.dumps({"schemaVersion": 2, "annotations": {"exitwise.e2e.program": str(program)}})
        self.client("ecr").put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)
