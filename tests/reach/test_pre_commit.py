"""Runs the hooks of .pre-commit-hooks.yaml with pre-commit, in a repository that uses them.

EXITWISE is the program to run. PRE_COMMIT is the command pre-commit, and WHEELS a folder with the wheel of setuptools; nothing else is
installed, so the wheel of exitwise is certainly the one that is made here."""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import zipfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
BAD = 'version = 1\nlimits = { max_retries = "3" }\n'


def wheel(folder, program):
    """Writes the wheel that a release publishes: the program among the scripts, and no Python."""
    about = f"exitwise-{VERSION}.dist-info"
    files = {
        f"exitwise-{VERSION}.data/scripts/exitwise": program,
        f"{about}/METADATA": f"Metadata-Version: 2.4\nName: exitwise\nVersion: {VERSION}\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    }
    digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    record = "".join(f"{path},sha256={digest(content)},{len(content)}\n" for path, content in files.items())
    files[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    with zipfile.ZipFile(folder / f"exitwise-{VERSION}-py3-none-any.whl", "w") as packed:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = 0o100755 << 16 if "/scripts/" in path else 0o100644 << 16
            packed.writestr(entry, content)


def run(*command, cwd, **environment):
    """Runs a command without the user's settings of git, with a user of its own."""
    user = {f"GIT_{role}_{key}": "x@example.com" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environment = {**os.environ, **user, "GIT_CONFIG_GLOBAL": os.devnull, **environment}
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


class Hooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A repository with the files of this one, as they are in this folder, at the tag of its version."""
        cls.hooks = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        packed = subprocess.run(["tar", "--null", "--files-from=-", "--create"], cwd=ROOT, input=listed.stdout, check=True, capture_output=True)
        subprocess.run(["tar", "--extract"], cwd=cls.hooks, input=packed.stdout, check=True)
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "release"], ["tag", f"v{VERSION}"]):
            status, printed = run("git", *command, cwd=cls.hooks)
            assert status == 0, printed

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def git(self, where, *command):
        status, printed = run("git", *command, cwd=where)
        self.assertEqual(status, 0, printed)
        return printed.strip()

    def project(self, hook):
        """A repository whose commits run a hook of this one."""
        project = self.folder / "project"
        (project / "policies").mkdir(parents=True)
        self.git(project, "init", "--quiet")
        # The example in ci.md, with the repository of this machine in place of the published one.
        example = re.search(r"```yaml\n(repos:\n.*?)```", (ROOT / "docs/ci.md").read_text(), re.DOTALL)[1]
        config = yaml.safe_load(example)
        [repository] = config["repos"]
        repository["repo"] = str(self.hooks)
        self.assertEqual(repository["rev"], f"v{VERSION}")
        self.assertEqual(repository["hooks"][0]["id"], "exitwise-check")
        repository["hooks"][0]["id"] = hook
        if hook == "exitwise-check-system":
            # It works before the first release, too, with a commit in place of the tag.
            repository["rev"] = self.git(self.hooks, "rev-parse", "HEAD")
        (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        return project

    def commits(self, hook, **environment):
        """What the hook says about a good policy, and about a bad one."""
        project = self.project(hook)
        environment = {"PRE_COMMIT_HOME": str(self.folder / "home"), "PIP_NO_INDEX": "1", **environment}
        answers = []
        for text in ((ROOT / "policies/minimal.toml").read_text(), BAD):
            (project / "policies/default.toml").write_text(text)
            self.git(project, "add", "--all")
            answers.append(run(os.environ["PRE_COMMIT"], "run", "--color=never", cwd=project, **environment))
        return answers

    def assert_good_passes_and_bad_fails(self, answers):
        (good, printed), (bad, refused) = answers
        self.assertEqual(good, 0, printed)
        self.assertRegex(printed, r"(?m)^exitwise check\.+Passed$")
        self.assertEqual(bad, 1)
        self.assertIn("error[P004]: expected an integer, found a string\n --> policies/default.toml:2:26\n", refused)

    def test_the_hook_installs_the_program(self):
        wheels = self.folder / "wheels"
        wheels.mkdir()
        # A script that starts the program, which would be large.
        wheel(wheels, f'#!/bin/sh\nexec "{os.environ["EXITWISE"]}" "$@"\n'.encode())
        answers = self.commits("exitwise-check", PIP_FIND_LINKS=f"{wheels} {os.environ['WHEELS']}")
        self.assert_good_passes_and_bad_fails(answers)
        [installed] = (self.folder / "home").glob("repo*/py_env-*/bin/exitwise")
        self.assertIn(os.environ["EXITWISE"], installed.read_text())

    def test_the_other_hook_runs_the_installed_program(self):
        path = f"{pathlib.Path(os.environ['EXITWISE']).parent}:{os.environ['PATH']}"
        self.assert_good_passes_and_bad_fails(self.commits("exitwise-check-system", PATH=path))


if __name__ == "__main__":
    unittest.main()
