"""Runs the steps of action.yml as a runner does, in a repository with a pull request, against a server in place of GitHub's API.

EXITWISE is the program to run."""

import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

import releases
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
POLICY = """version = 1
limits = { max_retries = 3 }

[[rule]]
name = "busy"
when = { exit_code = 75 }
type = "TEMPORARY"
backoff = { constant = "1m" }

[[test]]
name = "busy, then not"
failures = [75, 1]
expect = ["TEMPORARY 1m", "FATAL"]
"""
WORKFLOW = ROOT / "cli/tests/cmd/train.asl.json"


class GitHub:
    """The part of GitHub's API that is about the comments of an issue. Pages have two comments."""

    def __init__(self):
        self.comments, self.calls, self.refuses = [], [], {}
        github = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                github.calls.append(f"{self.command} {self.path}")
                assert self.headers["Authorization"] == "Bearer a-token"
                if self.command in github.refuses:
                    return self.reply(github.refuses[self.command], {"message": "Resource not accessible by integration"})
                if found := re.fullmatch(r"/repos/acme/jobs/issues/7/comments\?per_page=100(?:&page=(\d+))?", self.path):
                    number = int(found[1] or 1)
                    page = github.comments[2 * number - 2:2 * number]
                    following = f"<{github.url}/repos/acme/jobs/issues/7/comments?per_page=100&page={number + 1}>; rel=\"next\""
                    return self.reply(200, page, following if len(github.comments) > 2 * number else "")
                if self.command == "POST" and self.path == "/repos/acme/jobs/issues/7/comments":
                    return self.reply(201, github.add(body["body"], "Bot"))
                if self.command == "PATCH" and (found := re.fullmatch(r"/repos/acme/jobs/issues/comments/(\d+)", self.path)):
                    [comment] = [comment for comment in github.comments if comment["id"] == int(found[1])]
                    comment["body"] = body["body"]
                    return self.reply(200, comment)
                return self.reply(500, {})

            do_GET = do_POST = do_PATCH = answer

            def reply(self, status, answer, link=""):
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Link", link)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def add(self, body, kind):
        comment = {"id": len(self.comments) + 1, "body": body, "user": {"type": kind}}
        comment["html_url"] = f"https://github.example/acme/jobs/pull/7#issuecomment-{comment['id']}"
        self.comments.append(comment)
        return comment


class Action(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        (self.folder / "temp").mkdir()
        self.github = GitHub()
        self.addCleanup(self.github.server.server_close)
        self.addCleanup(self.github.server.shutdown)
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("policies/default.toml", POLICY)
        self.commit("base")
        self.git("switch", "--quiet", "--create", "change")

    def git(self, *command):
        settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *settings, *command], cwd=self.repository, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path, text):
        path = self.repository / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, subject):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def merge(self):
        """Checks out what GitHub checks out for a pull request, and returns its base and its head."""
        base, head = self.git("rev-parse", "main"), self.git("rev-parse", "change")
        self.git("switch", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
        return base, head

    def run_action(self, base, head, event="pull_request", checkout=None, environment=(), **inputs):
        """Runs the steps, with inputs whose names have `_` in place of `-`. Returns the status, what is printed, and the outputs."""
        request = {"number": 7, "base": {"sha": base}, "head": {"sha": head}}
        (self.folder / "event.json").write_text(json.dumps({"pull_request": request} if "pull_request" in event else {}))
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        given = {name.replace("_", "-"): value for name, value in {"exitwise": os.environ["EXITWISE"], **inputs}.items()}
        self.assertLessEqual(set(given), set(ACTION["inputs"]))
        values = {f"inputs.{name}": given.get(name, declared["default"]) for name, declared in ACTION["inputs"].items()}
        values["github.token"] = "a-token"
        step, upload = ACTION["runs"]["steps"]
        ran = subprocess.run(
            # GitHub's options for `shell: bash`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=checkout or self.repository, capture_output=True, text=True,
            env={
                "PATH": os.environ["PATH"], "HOME": str(self.folder), "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_API_URL": self.github.url, "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_REPOSITORY": "acme/jobs", "GITHUB_RUN_ID": "42", "GITHUB_WORKFLOW": "retry-policies", "GITHUB_JOB": "policies",
                "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
                "GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                **{name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text) for name, text in step["env"].items()},
                **dict(environment),
            },
        )
        self.assertEqual(ran.stderr, "")
        self.summary = (self.folder / "summary").read_text()
        outputs = dict(line.split("=", 1) for line in (self.folder / "output").read_text().splitlines())
        # Each output of the action, and what is uploaded, comes from an output of the step.
        for declared in [*(output["value"] for output in ACTION["outputs"].values()), upload["with"]["sarif_file"]]:
            self.assertIn(declared.removeprefix("${{ steps.review.outputs.").removesuffix(" }}"), ("decisions-change", "report", "comment-url", "sarif"))
        return ran.returncode, ran.stdout, outputs

    def push(self, path, text, **options):
        """Commits a change to the pull request, and runs the action on it."""
        self.git("switch", "--quiet", "change")
        self.write(path, text)
        self.commit("change")
        return self.run_action(*self.merge(), **options)

    def test_one_comment_follows_the_pull_request(self):
        for number in range(3):
            self.github.add(f"somebody's comment {number}", "User")
        status, printed, outputs = self.push("policies/default.toml", POLICY.replace("75", "76"))
        self.assertEqual((status, outputs["decisions-change"]), (0, "true"), printed)
        self.assertEqual(self.github.calls, [
            "GET /repos/acme/jobs/issues/7/comments?per_page=100",
            "GET /repos/acme/jobs/issues/7/comments?per_page=100&page=2",
            "POST /repos/acme/jobs/issues/7/comments",
        ])
        body = self.github.comments[3]["body"]
        self.assertEqual(outputs["comment-url"], "https://github.example/acme/jobs/pull/7#issuecomment-4")
        self.assertTrue(body.startswith("<!-- exitwise: retry%2Dpolicies/policies -->\n## Retry policies\n\nThe policy is good.\n"), body)
        self.assertIn("### `policies/default.toml`\n\n| failures | was | is | |\n", body)
        self.assertIn("| exit code 76 | FATAL<br>by `default` | TEMPORARY 3 x 1m, then FATAL<br>by `busy` | from the first failure on |", body)
        self.assertIn("https://github.example/acme/jobs/actions/runs/42", body)
        self.assertIn(self.summary.strip(), body)
        self.assertEqual(pathlib.Path(outputs["report"]).read_text(), self.summary)

        status, printed, outputs = self.push("policies/default.toml", POLICY.replace("75", "77"))
        self.assertEqual((status, self.github.calls[-1]), (0, "PATCH /repos/acme/jobs/issues/comments/4"))
        self.assertIn("exit code 77", self.github.comments[3]["body"])
        self.assertNotIn("exit code 76", self.github.comments[3]["body"])

        # The comment must not go on saying what is no longer true.
        status, printed, outputs = self.push("policies/default.toml", "# reworded\n" + POLICY)
        self.assertEqual((status, outputs["decisions-change"]), (0, "false"))
        self.assertIn("No decision changes.", self.github.comments[3]["body"])
        self.assertEqual(len(self.github.comments), 4)

    def test_without_a_change_there_is_no_comment(self):
        status, printed, outputs = self.push("README.md", "text")
        self.assertEqual((status, outputs["decisions-change"], outputs["comment-url"]), (0, "false", ""), printed)
        self.assertEqual(self.github.comments, [])
        self.assertEqual(self.summary, "## Retry policies\n\nThe policy is good.\n\nNo decision changes.\n")

    def test_the_comment_of_somebody_who_quotes_the_marker_stays(self):
        self.github.add("<!-- exitwise: retry%2Dpolicies/policies -->\nmine", "User")
        self.push("policies/default.toml", POLICY.replace("75", "76"))
        self.assertEqual(self.github.comments[0]["body"], "<!-- exitwise: retry%2Dpolicies/policies -->\nmine")
        self.assertEqual(len(self.github.comments), 2)

    def test_comments_can_be_switched_off(self):
        status, _, outputs = self.push("policies/default.toml", POLICY.replace("75", "76"), comment="false")
        self.assertEqual((status, self.github.calls, "comment-url" in outputs), (0, [], False))
        self.assertIn("exit code 76", self.summary)
        status, printed, _ = self.run_action(self.git("rev-parse", "main"), self.git("rev-parse", "change"), comment="yes")
        self.assertEqual((status, printed), (1, "::error ::`comment` is `yes` instead of `true` or `false`\n"))

    def test_a_pull_request_from_a_fork_gets_a_notice(self):
        self.github.refuses = {"POST": 403}
        status, printed, _ = self.push("policies/default.toml", POLICY.replace("75", "76"))
        self.assertEqual(status, 0)
        self.assertIn("::notice ::The token may not comment on this pull request; the summary of the run has the report.", printed)
        self.assertIn("exit code 76", self.summary)

    def test_trouble_with_the_api_is_a_warning(self):
        self.github.refuses = {"GET": 502}
        status, printed, _ = self.push("policies/default.toml", POLICY.replace("75", "76"))
        self.assertEqual(status, 0)
        self.assertIn("::warning ::No comment was written: GitHub answered 502", printed)
        status, printed, _ = self.push("policies/default.toml", POLICY.replace("75", "77"), environment={"GITHUB_API_URL": "http://127.0.0.1:9"})
        self.assertEqual(status, 0)
        self.assertIn("::warning ::No comment was written: ", printed)

    def test_a_policy_with_an_error_is_refused_at_its_line(self):
        status, printed, outputs = self.push("policies/default.toml", POLICY.replace("max_retries = 3", "max_retries = '3'"), sarif="true")
        self.assertEqual(status, 1)
        self.assertIn("::error file=policies/default.toml,line=2,col=26,endColumn=28,title=P004%3A expected an integer, found a string::", printed.replace("%2C", ","))
        self.assertIn("**Refused:** the annotations show", self.summary)
        self.assertIn("### `policies/default.toml`\n\nNot compared, because the policy has errors, here or in the base.", self.summary)
        [result] = json.loads(pathlib.Path(outputs["sarif"]).read_text())["runs"][0]["results"]
        self.assertEqual(result["ruleId"], "P004")

    def test_a_failed_test_is_refused_and_the_decisions_are_compared(self):
        status, printed, _ = self.push("policies/default.toml", POLICY.replace('constant = "1m"', 'constant = "2m"'))
        self.assertEqual(status, 1)
        self.assertIn("title=P204%3A test `busy, then not` fails::", printed.replace("%2C", ","))
        self.assertIn("TEMPORARY 3 x 2m, then FATAL", self.summary)

    def test_warnings_are_refused_unless_they_are_allowed(self):
        odd = POLICY + '\n[[rule]]\nname = "again"\nwhen = { exit_code = 75 }\ntype = "FATAL"\n'
        self.assertEqual(self.push("policies/default.toml", odd)[0], 1)
        self.assertEqual(self.push("policies/default.toml", odd, deny="")[0], 0)
        self.assertEqual(self.push("policies/default.toml", odd, deny="nonsense")[0], 1)

    def test_new_renamed_and_removed_policies(self):
        self.git("switch", "--quiet", "main")
        self.write("policies/old.toml", POLICY.replace('"busy"', '"something-else"').replace("75", "8"))
        self.commit("another policy")
        self.git("switch", "--quiet", "change")
        self.git("merge", "--quiet", "main")
        self.git("rm", "--quiet", "policies/old.toml")
        self.git("mv", "policies/default.toml", "policies/renamed.toml")
        self.write("more/deep/new.toml", (ROOT / "policies/minimal.toml").read_text())
        _, printed, outputs = self.push("policies/renamed.toml", POLICY.replace("75", "76"), policies="policies more/**/*.toml")
        self.assertEqual(outputs["decisions-change"], "true", printed)
        self.assertIn("### `policies/renamed.toml`, renamed from `policies/default.toml`\n\n| failures ", self.summary)
        self.assertIn("### `policies/old.toml`: removed", self.summary)
        self.assertIn("### `more/deep/new.toml`: new\n\n```text\nmore/deep/new.toml: good; 1 rule\n  worst case: 4 runs, ", self.summary)
        self.assertNotIn("/temp/", self.summary)

    def test_a_policy_that_moves_out_of_sight_is_removed(self):
        self.git("mv", "policies/default.toml", "archive.toml")
        self.push("policies/other.toml", POLICY.replace('"busy"', '"something-else"').replace("75", "8"))
        self.assertIn("### `policies/default.toml`: removed", self.summary)

    def test_a_definition_that_is_older_than_its_policy_is_refused(self):
        workflow = json.loads(WORKFLOW.read_text())
        train = workflow["States"]["Train"]
        workflow["States"] = {"Train": {**train, "Next": "Publish"}, "Publish": train}
        del workflow["States"]["Train"]["End"]
        self.write("workflow.asl.json", json.dumps(workflow, indent=2))
        self.write("publish.toml", POLICY)
        compile_it = [os.environ["EXITWISE"], "compile", "workflow.asl.json", "--policy", "Train=policies/default.toml",
                      "--policy", "Publish=publish.toml", "-o", "build/train.asl.json"]
        (self.repository / "build").mkdir()
        subprocess.run(compile_it, cwd=self.repository, check=True, capture_output=True)
        self.commit("compile")
        self.assertEqual(self.push("README.md", "text", definitions="build")[0], 0)
        status, printed, _ = self.push("policies/default.toml", POLICY.replace("max_retries = 3", "max_retries = 4"), definitions="build")
        self.assertEqual(status, 1)
        self.assertIn("::error title=stale definition,file=build/train.asl.json,line=5,col=5::`Train` is compiled from another text of policies/default.toml; compile it again\n", printed)
        self.assertIn("- `build/train.asl.json`: `Train` is compiled from another text", self.summary)
        self.assertNotIn("Publish", printed)
        subprocess.run(compile_it, cwd=self.repository, check=True, capture_output=True)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "compile again")
        self.git("branch", "--force", "change")
        self.git("switch", "--quiet", "change")
        base, head = self.merge()
        status, printed, _ = self.run_action(base, head, definitions="build/*.asl.json")
        self.assertEqual(status, 0, printed)

    def test_a_definition_can_be_compiled_in_a_folder_of_its_own(self):
        self.write("jobs/workflow.asl.json", WORKFLOW.read_text())
        self.write("jobs/policies/train.toml", POLICY)
        subprocess.run([os.environ["EXITWISE"], "compile", "workflow.asl.json", "--policy", "policies/train.toml", "-o", "woven.asl.json"],
                       cwd=self.repository / "jobs", check=True, capture_output=True)
        inputs = {"policies": "jobs/policies", "definitions": "jobs/woven.asl.json"}
        status, printed, _ = self.push("README.md", "text", **inputs, compiled_in="jobs")
        self.assertEqual(status, 0, printed)
        status, printed, _ = self.push("README.md", "text 2", **inputs)
        self.assertEqual(status, 1)
        self.assertIn("::error title=stale definition,file=jobs/woven.asl.json::cannot read the policy policies/train.toml", printed)
        status, printed, _ = self.push("jobs/policies/train.toml", POLICY + "# changed\n", **inputs, compiled_in="jobs")
        self.assertEqual(status, 1)
        self.assertIn("file=jobs/woven.asl.json,line=5,col=5::`Train` is compiled from another text", printed)

    def test_what_the_base_gained_in_the_meantime_is_not_a_change(self):
        self.git("switch", "--quiet", "change")
        self.write("README.md", "text")
        head = self.commit("change")
        old_base = self.git("rev-parse", "main")
        self.git("switch", "--quiet", "main")
        self.write("policies/default.toml", POLICY.replace("75", "76"))
        self.commit("another change")
        self.merge()
        # The event still has the older base.
        _, _, outputs = self.run_action(old_base, head)
        self.assertEqual(outputs["decisions-change"], "false", self.summary)
        self.git("switch", "--quiet", "change")
        _, _, outputs = self.run_action(self.git("rev-parse", "main"), head)
        self.assertEqual(outputs["decisions-change"], "false", self.summary)

    def test_a_shallow_checkout_fetches_the_base_or_says_what_to_do(self):
        self.write("policies/default.toml", POLICY.replace("75", "76"))
        self.commit("change")
        base, head = self.merge()
        self.git("branch", "merged")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        clone = self.folder / "clone"
        for depth in ("2", "1"):
            shutil.rmtree(clone, ignore_errors=True)
            subprocess.run(["git", "clone", "--quiet", f"--depth={depth}", "--branch=merged", self.repository.as_uri(), clone], check=True, capture_output=True)
            status, printed, outputs = self.run_action(base, head, checkout=clone)
            self.assertEqual((status, outputs.get("decisions-change")), (0, "true"), printed)
        shutil.rmtree(clone)
        subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch=merged", self.repository.as_uri(), clone], check=True, capture_output=True)
        subprocess.run(["git", "remote", "set-url", "origin", "file:///nowhere"], cwd=clone, check=True)
        status, printed, _ = self.run_action(base, head, checkout=clone)
        self.assertEqual(status, 1)
        self.assertIn("::error ::the base of the pull request is not in the checkout; write `fetch-depth: 2`", printed)

    def test_other_events_only_check(self):
        status, printed, outputs = self.run_action("", "", event="schedule")
        self.assertEqual((status, set(outputs)), (0, {"report"}), printed)
        self.assertEqual(self.summary, "## Retry policies\n\nThe policy is good.\n")
        status, printed, _ = self.run_action("", "", event="pull_request_target")
        self.assertEqual(status, 1)
        self.assertIn("::error ::run the action on `pull_request`", printed)

    def test_names_that_look_like_commands_stay_names(self):
        name = "policies/x\n::add-mask::$(touch gone)`touch gone`.toml"
        status, printed, _ = self.push(name, POLICY.replace("75", "76"))
        self.assertEqual(status, 0, printed)
        self.assertFalse((self.repository / "gone").exists())
        stop = re.search("^::stop-commands::(.+)$", printed, re.MULTILINE)
        before, after = printed[:stop.start()], printed.partition(f"::{stop[1]}::\n")[2]
        self.assertNotRegex(before + after, "(?m)^::add-mask")
        # With an error, the name is in an annotation.
        self.write(name, "version = 2\n")
        status, printed, _ = self.run_action("", "", event="schedule")
        self.assertEqual(status, 1)
        self.assertNotRegex(printed.partition("::stop-commands::")[0], "(?m)^::add-mask")

    def test_the_installed_program_can_be_named(self):
        path = f"{pathlib.Path(os.environ['EXITWISE']).parent}:{os.environ['PATH']}"
        self.assertEqual(self.run_action("", "", event="schedule", exitwise="exitwise", environment={"PATH": path})[0], 0)

    def test_the_documentation_has_every_input_and_output(self):
        text = (ROOT / "docs/ci.md").read_text()
        for start, declared in (("| input |", ACTION["inputs"]), ("| output |", ACTION["outputs"])):
            table = text[text.index(start):].partition("\n\n")[0]
            self.assertEqual(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE), list(declared))
        for name, declared in ACTION["inputs"].items():
            if declared["default"]:
                self.assertIn(f"| `{name}` | `{declared['default']}` |", text)

    def test_files_that_do_not_exist_are_reported(self):
        for inputs, message in [
            ({"policies": "policies retries/*.toml"}, "`policies`: no file matches `retries/*.toml`"),
            ({"definitions": "build"}, "`definitions`: no file matches `build`"),
            ({"compiled_in": "nowhere"}, "`compiled-in`: there is no folder `nowhere`"),
            ({"exitwise": "./nowhere"}, "`exitwise`: there is no program `./nowhere`"),
        ]:
            status, printed, _ = self.run_action("", "", event="schedule", **inputs)
            self.assertEqual((status, printed.splitlines()[-1]), (1, f"::error ::{message}"))

    def test_a_long_report_is_cut_in_the_comment_only(self):
        rule = '[[rule]]\nname = "{0}"\nwhen = {{ exit_code = {1} }}\ntype = "RETRIABLE"\n\n'
        rules = "".join(rule.format(f"{'a-long-name-' * 5}{code}", code) for code in range(100, 250))
        for number in range(3):
            self.write(f"policies/{number}.toml", POLICY)
        self.git("branch", "--force", "main", self.commit("base"))
        for number in range(3):
            self.write(f"policies/{number}.toml", POLICY + rules)
        status, printed, _ = self.push("README.md", "text")
        self.assertEqual(status, 0, printed[-500:])
        body = self.github.comments[0]["body"]
        self.assertLess(60_000, len(body))
        self.assertLess(len(body), 65_536)
        self.assertIn(" |\n\nThe rest is in the summary of the run.\n\nWritten by [this run](", body)
        self.assertGreater(len(self.summary), 66_000)

    def test_a_release_is_downloaded(self):
        version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
        uname = functools.partial(subprocess.check_output, text=True)
        processor = {"arm64": "aarch64"}.get(uname(["uname", "-m"]).strip(), uname(["uname", "-m"]).strip())
        target = processor + {"Linux": "-unknown-linux-musl", "Darwin": "-apple-darwin"}[uname(["uname", "-s"]).strip()]
        program = f'#!/bin/sh\nexec "{os.environ["EXITWISE"]}" "$@"\n'.encode()
        files = {**releases.release(version, target, program), **releases.release("0.0.9", target, b"#!/bin/sh\nexit 3\n")}
        with releases.server(files, "0.0.9") as url:
            settings = {"EXITWISE_RELEASES": url}
            self.assertEqual(self.run_action("", "", event="schedule", exitwise="", environment=settings)[0], 0)
            self.assertEqual(self.run_action("", "", event="schedule", exitwise="", version="latest", environment=settings)[0], 1)
            status, printed, _ = self.run_action("", "", event="schedule", exitwise="", version="9.9.9", environment=settings)
        self.assertEqual(status, 1)
        self.assertIn("::error ::exitwise cannot be installed: ", printed)
        self.assertIn("install.sh: cannot download", printed)


if __name__ == "__main__":
    unittest.main()
