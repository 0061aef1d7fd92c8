"""Starts and stops the emulator, and creates clients for it."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
import botocore.config

REGION = "us-east-1"

# Timeout for the first answer of ministack, in seconds.
START_TIMEOUT = 60


class Emulator:
    """One emulator process on a free port of the loopback interface.

    An account is a number of twelve digits. Accounts are separate from each other, and each is
    empty at first.
    """

    def __init__(self, folder: pathlib.Path, program: pathlib.Path):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.log = folder / "emulator.log"
        environment = os.environ | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "TMPDIR": str(folder),
            # The emulator must not find a Docker engine on this machine.
            "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, program],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # The emulator gets its own process group, so that it can be killed together with
                # all processes that it started.
                start_new_session=True,
            )

    @property
    def process_group(self) -> int:
        """The ID of the process group of the emulator and of all processes that it starts."""
        return self._process.pid

    def __enter__(self):
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # When its standard input is closed, glue.py kills the whole process group.
        self._process.stdin.close()
        self._process.wait()

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the emulator did not start:\n{self.log.read_text()}") from None
                time.sleep(0.1)

    def environment(self, account: str) -> dict[str, str]:
        """Environment variables that point AWS clients and Terraform to the emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, account: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            region_name=REGION,
            config=botocore.config.Config(retries={"mode": "standard"}),
        )

    @contextlib.contextmanager
    def clock(self, speed: float):
        """Speeds up Wait states by this factor."""
        self._scale_waits(1 / speed)
        try:
            yield
        finally:
            self._scale_waits(1)

    def _scale_waits(self, scale):
        body = json.dumps({"stepfunctions._SFN_WAIT_SCALE": scale}).encode()
        request = urllib.request.Request(f"{self.endpoint}/_ministack/config", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=5) as response:
            applied = json.load(response)["applied"]
        if not applied:
            raise RuntimeError("the emulator did not change the speed of its clock")
