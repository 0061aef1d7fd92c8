"""The emulator keeps to itself."""

import io
import pathlib
import time
import zipfile

from conftest import HERE
from emulator import Emulator

ACCOUNT = "111111111111"


def test_all_that_it_has_started_ends_with_it(tmp_path):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(HERE / "old-function" / "bootstrap", "bootstrap")
    with Emulator(tmp_path, HERE / "glue.py") as emulator:
        client = emulator.client("lambda", ACCOUNT)
        client.create_function(
            FunctionName="old",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": package.getvalue()},
        )
        client.invoke(FunctionName="old", Payload=b"{}")
        # Itself, and the function, which waits for the next event.
        assert len(running(emulator.process_group)) == 2
    # A killed process takes a moment to end.
    deadline = time.monotonic() + 5
    while running(emulator.process_group):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running(process_group):
    """Processes of this group that have not ended. Source: proc(5), /proc/pid/stat."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, _, group, *_ = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(group) == process_group and state != "Z":
            found.append(process.name)
    return found
