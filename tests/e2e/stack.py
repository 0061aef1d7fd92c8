"""Terraform, run as a user runs it: in a clone of the project, led to the emulator by environment variables alone."""

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

# How long one command may take, in seconds: the slowest needs 25, most of them for the provider's own pauses.
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
        """All that was said against it."""
        assert self.status == 1, f"was not refused, but did {self.changes}"
        return "\n".join(self.errors)


class Stack:
    """A deployment into an account of the emulator, from a clone of the project with the function built."""

    def __init__(self, folder: pathlib.Path, function_zip: pathlib.Path, emulator: Emulator, account: str):
        self.folder = folder
        self.policies = folder / "policies"
        self.policy = self.policies / "default.toml"
        self.function_zip = folder / "target" / "lambda" / "bootstrap.zip"
        # The folder that terraform runs in, and the variables it is given.
        self.configuration = "terraform"
        self.variables: dict[str, object] = {"subnet_id": SUBNET}
        self.outputs: dict[str, object] = {}
        self._emulator = emulator
        self._account = account

        for name in ("terraform", "policies"):
            left_out = shutil.ignore_patterns(".terraform*", "*.tfstate*")
            shutil.copytree(PROJECT / name, folder / name, ignore=left_out)
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
        # Downloaded once, not for every clone.
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
        """Does `plan`, `apply` or `destroy`, with these variables too; it may be refused."""
        options = [] if action == "plan" else ["-auto-approve"]
        for name, value in (self.variables | variables).items():
            options.append(f"-var={name}={value if isinstance(value, str) else json.dumps(value)}")
        done = self.command("terraform", f"-chdir={self.configuration}", action, "-json", "-input=false", *options)
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

    def push_image(self, program: pathlib.Path):
        """Puts the image that the root's task definition names into the deployed repository; it runs this program."""
        repository = self.outputs["ecr_repository_url"]
        [family] = self.client("ecs").list_task_definition_families()["families"]
        task = self.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
        image = task["containerDefinitions"][0]["image"]
        assert image.startswith(f"{repository}:")
        self.push(repository.partition("/")[2], image.rpartition(":")[2], program)

    def push(self, repository: str, tag: str, program: pathlib.Path):
        """Puts an image into a repository; it runs this program."""
        manifest = json.dumps({"schemaVersion": 2, "annotations": {"exitwise.e2e.program": str(program)}})
        self.client("ecr").put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)
