"""What the tests share: the programs under test, the emulator, and clones to deploy from."""

import itertools
import os
import pathlib

import pytest

from emulator import Emulator
from stack import PROJECT, Stack

HERE = pathlib.Path(__file__).parent

# No setting of the user's may lead a client or Terraform elsewhere.
for name in [name for name in os.environ if name.startswith(("AWS_", "LAMBDA_", "SFN_", "TF_"))]:
    del os.environ[name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "no_proxy": "127.0.0.1"}

TARGET = PROJECT / os.environ.get("CARGO_TARGET_DIR", "target")


def built(path: str, how: str) -> pathlib.Path:
    program = TARGET / path
    assert program.exists(), f"{program} is not there: {how}, or run .ci/e2e, which does"
    return program


@pytest.fixture(scope="session")
def exitwise() -> pathlib.Path:
    return built("debug/exitwise", "cargo build -p exitwise")


@pytest.fixture(scope="session")
def task_app() -> pathlib.Path:
    return built("debug/task-app", "cargo build -p task-app")


@pytest.fixture(scope="session")
def function_zip() -> pathlib.Path:
    return built("lambda/bootstrap.zip", "lambda/package")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator"), HERE / "glue.py") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def new_stack(emulator, function_zip, tmp_path_factory):
    """Makes a clone of the project that deploys into an empty account of its own."""
    accounts = (str(number) for number in itertools.count(111111111111))
    return lambda: Stack(tmp_path_factory.mktemp("clone"), function_zip, emulator, next(accounts))
