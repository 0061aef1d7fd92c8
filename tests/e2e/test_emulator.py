"""The emulator leaves no processes behind."""

import io
import pathlib
import zipfile

from conftest import HERE
from emulator import Emulator
from execution import wait_until

ACCOUNT = "111111111111"


def test_all_processes_end_with_the_emulator(tmp_path):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\nexec sleep 1000\n")
    with Emulator(tmp_path, HERE / "glue.py") as emulator:
        client = emulator.client("lambda", ACCOUNT)
        client.create_function(
            FunctionName="asleep",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": package.getvalue()},
        )
        client.invoke(FunctionName="asleep", InvocationType="Event")
        wait_until(lambda: len(running(emulator.process_group)) == 2, "the function is running")
    wait_until(lambda: not running(emulator.process_group), "all processes have ended")


def running(process_group):
    """The IDs of the running processes in this group. Source: proc(5), /proc/pid/stat."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, _, group, *_ = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(group) == process_group and state != "Z":
            found.append(process.name)
    return found
