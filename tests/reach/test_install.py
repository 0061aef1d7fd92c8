"""Runs install.sh against a made-up release."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest

import releases

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = b"#!/bin/sh\necho exitwise 0.2.0\n"
LINUX = "x86_64-unknown-linux-musl"
TOOLS = "sh cut uname mktemp rm tar gzip mkdir cp chmod mv sed tail sha256sum".split()


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.files = releases.release("0.2.0", LINUX, PROGRAM)

    def machine(self, system, processor, *clients):
        """A PATH with the tools that the script needs, one client for downloads, and an `uname` of another machine."""
        path = self.folder / "bin"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        for tool in [*TOOLS, *clients]:
            (path / tool).symlink_to(shutil.which(tool))
        (path / "uname").unlink()
        (path / "uname").write_text(f'#!/bin/sh\n[ "$1" = -m ] && echo {processor} || echo {system}\n')
        (path / "uname").chmod(0o755)
        return str(path)

    def run_script(self, *arguments, system="Linux", processor="x86_64", clients=("curl",), latest="0.2.0"):
        with releases.server(self.files, latest) as url:
            environment = {"PATH": self.machine(system, processor, *clients), "HOME": str(self.folder), "EXITWISE_RELEASES": url}
            command = ["sh", str(ROOT / "install.sh"), *arguments]
            ran = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True)
        return ran.returncode, (ran.stdout + ran.stderr).replace(url, "RELEASES").replace(str(self.folder), "~")

    def assert_installed(self, path):
        self.assertEqual(subprocess.run([self.folder / path], capture_output=True).stdout, b"exitwise 0.2.0\n")

    def assert_nothing_installed(self):
        self.assertEqual([path.name for path in self.folder.iterdir()], ["bin"])

    def test_the_latest_release_goes_to_the_folder_of_the_user(self):
        self.assertEqual(self.run_script(), (0, (
            f"installed exitwise 0.2.0 for {LINUX} as ~/.local/bin/exitwise; its SHA-256 was right\n"
            "~/.local/bin is not in your PATH\n")))
        self.assert_installed(".local/bin/exitwise")

    def test_wget_serves_as_well_as_curl(self):
        if not shutil.which("wget"):
            self.skipTest("wget is not installed")
        status, printed = self.run_script(clients=("wget",))
        self.assertEqual(status, 0, printed)
        self.assert_installed(".local/bin/exitwise")
        self.assertIn("found no release at RELEASES", self.run_script(clients=("wget",), latest=None)[1])

    def test_a_version_and_a_folder_can_be_given_and_an_installed_program_is_replaced(self):
        (self.folder / "to").mkdir()
        (self.folder / "to/exitwise").write_text("an older one")
        for version in ("0.2.0", "v0.2.0"):
            status, printed = self.run_script("--version", version, "--to", "to", latest=None)
            self.assertEqual((status, printed.splitlines()[0]), (
                0, f"installed exitwise 0.2.0 for {LINUX} as to/exitwise; its SHA-256 was right"))
            self.assert_installed("to/exitwise")
        self.assertEqual([path.name for path in (self.folder / "to").iterdir()], ["exitwise"])

    def test_each_machine_gets_its_archive(self):
        for system, processor, target in [
            ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
            ("Darwin", "x86_64", "x86_64-apple-darwin"),
            ("Darwin", "arm64", "aarch64-apple-darwin"),
        ]:
            self.files = releases.release("0.2.0", target, PROGRAM)
            status, printed = self.run_script("--to", target, system=system, processor=processor)
            self.assertEqual(status, 0, printed)
            self.assert_installed(f"{target}/exitwise")

    def test_a_damaged_archive_is_refused(self):
        [path] = [path for path in self.files if path.endswith(".tar.gz")]
        self.files[path] = releases.archive(f"exitwise-0.2.0-{LINUX}", b"#!/bin/sh\necho another program\n")
        status, printed = self.run_script()
        self.assertEqual(status, 1)
        self.assertRegex(printed, r"^install.sh: \S+ is damaged: its SHA-256 is [0-9a-f]{64}, but the release states [0-9a-f]{64}\n$")
        self.assert_nothing_installed()

    def test_an_unknown_machine_is_refused(self):
        self.assertEqual(self.run_script(system="FreeBSD"), (
            1, "install.sh: there is no archive for FreeBSD that this script can install; see RELEASES\n"))
        self.assertEqual(self.run_script(processor="riscv64"), (
            1, "install.sh: there is no archive for the processor riscv64; build exitwise with cargo\n"))
        self.assert_nothing_installed()

    def test_a_version_that_does_not_exist_is_refused(self):
        status, printed = self.run_script("--version", "9.9.9")
        self.assertEqual(status, 1)
        self.assertIn(f"install.sh: cannot download RELEASES/download/v9.9.9/exitwise-9.9.9-{LINUX}.tar.gz; RELEASES lists", printed)
        self.assertEqual(self.run_script("--version", "1/../2"), (2, "install.sh: 1/../2 is not a version\n"))
        self.assertIn("install.sh: found no release at RELEASES\n", self.run_script(latest=None)[1])
        self.assert_nothing_installed()

    def test_without_a_client_or_with_a_wrong_argument_the_script_says_so(self):
        self.assertEqual(self.run_script(clients=()), (1, "install.sh: neither curl nor wget is installed\n"))
        self.assertEqual(self.run_script("--to"), (2, "install.sh: --to needs a value\n"))
        self.assertEqual(self.run_script("0.2.0")[0], 2)

    def test_cargo_binstall_is_told_the_same_names(self):
        metadata = tomllib.loads((ROOT / "cli/Cargo.toml").read_text())["package"]["metadata"]["binstall"]
        repository = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["repository"]
        facts = {"repo": repository, "version": "0.2.0", "target": LINUX, "bin": "exitwise", "binary-ext": ""}
        filled = {key: re.sub(r"\{ ([a-z-]+) \}", lambda key: facts[key[1]], metadata[key]) for key in ("pkg-url", "bin-dir")}
        # The script takes its releases from the same place.
        [place] = re.findall(r"EXITWISE_RELEASES:-(\S+)\}", (ROOT / "install.sh").read_text())
        [path] = [path for path in self.files if path.endswith(".tar.gz")]
        self.assertEqual(filled["pkg-url"], place + path.removeprefix("/releases"))
        self.assertEqual(filled["bin-dir"], f"exitwise-0.2.0-{LINUX}/exitwise")
        # One program is for all of Windows.
        name = "x86_64-pc-windows-gnu"
        windows = {key: metadata[key].replace("{ target }", name).replace(".tar.gz", ".zip") for key in ("pkg-url", "bin-dir")}
        self.assertEqual(metadata["overrides"], dict.fromkeys((name, "x86_64-pc-windows-msvc"), {**windows, "pkg-fmt": "zip"}))


if __name__ == "__main__":
    unittest.main()
