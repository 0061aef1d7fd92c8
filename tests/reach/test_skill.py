"""Follows skills/exitwise/SKILL.md: runs each of its commands as written, and the three tasks in tests/skill.

A task is a folder: `task.md` says what is wanted, `given` is there at the start, `done` is what was written with nothing but the skill at
hand, and `session.txt` has the commands and what they print. EXITWISE is the program to run; UPDATE_DOCS=1 writes the sessions again."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKILL = ROOT / "skills/exitwise/SKILL.md"
TASKS = ROOT / "tests/skill"


def sh(command, folder):
    path = f"{pathlib.Path(os.environ['EXITWISE']).parent}:{os.environ['PATH']}"
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    return subprocess.run(["sh", "-c", command], cwd=folder, env={**environment, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def prepared(task, folder):
    for part in ("given", "done"):
        if (TASKS / task / part).exists():
            shutil.copytree(TASKS / task / part, folder, dirs_exist_ok=True)
    if task == "backtest":
        shutil.copy(TASKS / task / "given/policy.toml", folder / "old.toml")


class Skill(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def blocks(self, language):
        return re.findall(rf"^```{language}\n(.*?)^```$", SKILL.read_text(), re.DOTALL | re.MULTILINE)

    def test_the_front_matter_is_as_specified(self):
        front = yaml.safe_load(SKILL.read_text().split("---\n")[1])
        self.assertEqual(front["name"], SKILL.parent.name)
        self.assertLessEqual(len(front["description"]), 1024)
        self.assertLessEqual(len(front["compatibility"]), 500)
        self.assertLessEqual(set(front), {"name", "description", "license", "compatibility"})
        self.assertLess(len(SKILL.read_text().splitlines()), 500)

    def test_every_command_runs_as_written(self):
        # The files that the commands name: those of the tasks, and the policy of the skill itself.
        [policy] = self.blocks("toml")
        (self.folder / "policy.toml").write_text(policy)
        shutil.copy(ROOT / "cli/tests/cmd/train.asl.json", self.folder / "workflow.asl.json")
        shutil.copy(TASKS / "backtest/given/failures.jsonl", self.folder)
        sh("head -n 1 failures.jsonl > event.json", self.folder)
        shutil.copy(TASKS / "backtest/given/policy.toml", self.folder / "old.toml")
        # Decisions differ, and more than 5 % of these failures are unknown.
        no = {"exitwise diff old.toml policy.toml", "exitwise backtest --exit-on-default 5% policy.toml failures.jsonl"}
        commands = [line for block in self.blocks("sh") for line in block.splitlines()]
        self.assertEqual(len(commands), 13)
        for command in commands:
            ran = sh(command, self.folder)
            self.assertEqual(ran.returncode, 1 if command in no else 0, f"{command}\n{ran.stdout}")
        # The commands within the text.
        sh("git init --quiet && git add policy.toml && git -c user.name=x -c user.email=x@example.com commit --quiet -m x", self.folder)
        command = "git show HEAD:policy.toml | exitwise diff - policy.toml"
        self.assertIn(f"`{command}`", SKILL.read_text())
        ran = sh(command, self.folder)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        self.assertEqual(sh("exitwise init policy.toml", self.folder).returncode, 2)
        self.assertEqual(sh("exitwise man manual && ls manual/exitwise-policy.5", self.folder).returncode, 0)

    def test_every_fragment_of_the_language_is_one(self):
        start = 'version = 1\ncontainer = "app"\nlimits = { max_retries = 2 }\n'
        text = SKILL.read_text()
        table = re.search(r"^\| failure \| matcher \|\n\|---\|---\|\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)[1]
        matchers = [code for code in re.findall("`([^`]+)`", table) if " = " in code]
        backoffs = ['constant = "90s"', 'linear = { initial = "10s", step = "1m" }', 'exponential = { initial = "30s", factor = 1.5 }',
                    'fibonacci = { initial = "10s" }', 'delays = ["5m", "15m"]', 'formula = "30 * 2^(n-1)"']
        self.assertEqual(len(matchers), 6)
        for backoff in backoffs:
            self.assertIn(f"`{backoff.split(' ')[0]}", text)
        rules = [f'when = {{ {matcher.replace("Busy", "75")} }}\ntype = "RETRIABLE"' for matcher in matchers]
        rules += [f'when = {{ exit_code = 1 }}\ntype = "TEMPORARY"\nbackoff = {{ {backoff}, cap = "1h", jitter = "full" }}' for backoff in backoffs]
        rules += ['when = { exit_code = 1 }\ntype = "SUCCESS"\noutcome = "skipped"']
        for rule in rules:
            (self.folder / "policy.toml").write_text(f'{start}[[rule]]\nname = "some"\n{rule}\n')
            ran = sh("exitwise check policy.toml", self.folder)
            self.assertEqual(ran.returncode, 0, f"{rule}\n{ran.stdout}")

    def test_the_tasks_have_their_results(self):
        for task in sorted(path.name for path in TASKS.iterdir()):
            with self.subTest(task):
                folder = self.folder / task
                folder.mkdir()
                prepared(task, folder)
                session = TASKS / task / "session.txt"
                printed = ""
                for command in re.findall(r"^\$ (.+)$", session.read_text(), re.MULTILINE):
                    ran = sh(command, folder)
                    printed += f"$ {command}\n" + (f"? {ran.returncode}\n" if ran.returncode else "") + ran.stdout
                if os.environ.get("UPDATE_DOCS"):
                    session.write_text(printed)
                self.assertEqual(printed, session.read_text())

    def test_llms_txt_is_a_map_of_the_documentation(self):
        text = (ROOT / "llms.txt").read_text()
        # The format of llmstxt.org: a title, a summary, then lists of links under headings of the second level.
        self.assertRegex(text, r"^# exitwise\n\n> .+\n")
        body = text.partition("\n## ")[2]
        for line in body.splitlines()[1:]:
            self.assertRegex(line, r"^$|^## .+|^- \[[^]]+\]\([^)]+\): .+")
        links = re.findall(r"\]\(([^)]+)\)", text)
        for link in links:
            self.assertTrue((ROOT / link).exists(), link)
        # Every document is in it.
        documents = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")} | {"skills/exitwise/SKILL.md", "README.md"}
        self.assertEqual(documents - set(links), set())


if __name__ == "__main__":
    unittest.main()
