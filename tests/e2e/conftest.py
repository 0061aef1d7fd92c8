"""Fixtures for all tests: the programs under test, the emulator, and clones of the project."""

import itertools
import os
import pathlib

import pytest

from emulator import Emulator
from stack import PROJECT, Stack

HERE = pathlib.Path(__file__).parent

# The user's settings must not point AWS clients or Terraform to anything but the emulator.
for name in [name for name in os.environ if name.startswith(("AWS_", "LAMBDA_", "SFN_", "TF_"))]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "no_proxy": "127.0.0.1"}

TARGET = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target")


def built(path: str, command: str) -> pathlib.Path:
    program = TARGET / path
    assert program.exists(), f"{program} does not exist: build it with `{command}`, or run .ci/e2e"
    return program


@pytest.fixture(scope="session")
def exitwise() -> pathlib.Path:
    return built("debug/exitwise", "cargo build -p exitwise")


@pytest.fixture(scope="session")
def task_app() -> pathlib.Path:
    return built("debug/task-app", "cargo build -p exitwise-task-app")


@pytest.fixture(scope="session")
def function_zip() -> pathlib.Path:
    return built("lambda/bootstrap.zip", "lambda/package")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator"), HERE / "glue.py") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def new_stack(emulator, function_zip, tmp_path_factory):
    """A function that creates a clone of the project.

    Each clone deploys to an empty account of its own.
    """
    accounts = (str(number) for number in itertools.count(111111111111))
    return lambda: Stack(tmp_path_factory.mktemp("clone"), function_zip, emulator, next(accounts))
