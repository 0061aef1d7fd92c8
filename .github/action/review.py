"""Reviews the retry policies of a repository in a workflow of GitHub Actions. action.yml runs it, and docs/ci.md describes it.

Everything that it is told comes from the environment, and nothing of it reaches a shell. It needs git and Python 3.9 or newer."""

import json
import os
import pathlib
import posixpath
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

ACTION = pathlib.Path(__file__).resolve().parents[2]
# GitHub refuses longer comments; some room is left for what stands around the report.
LONGEST_REPORT = 65_536 - 1_000


class Unusable(Exception):
    """The settings or the checkout do not allow a review."""


def setting(name):
    return os.environ.get(name, "").strip()


def switch(name):
    value = setting(name)
    if value not in ("true", "false"):
        raise Unusable(f"`{name.lower()}` is `{value}` instead of `true` or `false`")
    return value == "true"


def annotate(level, message, **place):
    """Prints a command of GitHub Actions: an error, warning or notice, possibly at a place in a file."""
    def escaped(text, more=""):
        return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in str(text))
    place = ",".join(f"{key}={escaped(value, ':,')}" for key, value in place.items())
    print(f"::{level} {place}::{escaped(message)}", flush=True)


def run(*command, **options):
    return subprocess.run(command, text=True, encoding="utf-8", errors="replace", capture_output=True, **options)


def git(*command):
    """What git prints, or `None` if it fails. The checkout may belong to another user, if the job runs in a container."""
    ran = run("git", "-c", f"safe.directory={pathlib.Path.cwd()}", *command)
    return ran.stdout if ran.returncode == 0 else None


def installed():
    """The path of the program: the one that is given, or else that of a release."""
    program = setting("EXITWISE")
    if not program:
        version = setting("VERSION")
        if not version:
            # That of the action itself, so that the tag of the action says what runs.
            version = re.search(r'^version = "(.+)"$', (ACTION / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
        folder = os.path.join(os.environ["RUNNER_TEMP"], "exitwise")
        ran = run("sh", str(ACTION / "install.sh"), "--version", version, "--to", folder)
        if ran.returncode != 0:
            raise Unusable(f"exitwise cannot be installed: {ran.stderr.strip()}")
        program = os.path.join(folder, "exitwise")
    if not shutil.which(program):
        raise Unusable(f"`exitwise`: there is no program `{program}`")
    return os.path.abspath(shutil.which(program))


def matcher(pattern, suffix):
    """A function that tells whether a path is a file or belongs to a folder or pattern. A folder stands for its files with a suffix."""
    pattern = posixpath.normpath(pattern)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = (wild.get(part) or re.escape(part) for part in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern))
    return re.compile(f"{''.join(parts)}(?:/[^/]*{re.escape(suffix)})?").fullmatch


def matching(patterns, suffix, paths):
    matchers = [matcher(pattern, suffix) for pattern in patterns]
    return [path for path in paths if any(matches(path) for matches in matchers)]


def found(name, suffix, paths):
    """The files that an input names. Each part of the input must name at least one."""
    patterns = setting(name).split()
    for pattern in patterns:
        if not matching([pattern], suffix, paths):
            raise Unusable(f"`{name.lower()}`: no file matches `{pattern}`")
    return matching(patterns, suffix, paths)


def names(listed):
    return listed.split("\0")[:-1]


def base_of(request):
    """The commit with which the files are compared: what the pull request starts from."""
    def parents():
        return re.findall("^parent (.+)$", git("cat-file", "commit", "HEAD").partition("\n\n")[0], re.MULTILINE)
    base, head = request["base"]["sha"], request["head"]["sha"]
    # By default, the checkout is the pull request merged into its base.
    merged = parents()[1:] == [head]
    if merged:
        base = parents()[0]
    if git("cat-file", "-e", base) is None and git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", base) is None:
        raise Unusable("the base of the pull request is not in the checkout; write `fetch-depth: 2` below `with:` of actions/checkout")
    return base if merged else (git("merge-base", base, "HEAD") or base).strip()


def code(text):
    return "`" + re.sub(r"[`\s]", " ", text) + "`"


def fenced(text):
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", text))])
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def changes(program, policies, base, scratch):
    """Markdown about each policy that is new or removed, or decides otherwise than in the base."""
    old_paths = matching(setting("POLICIES").split(), ".toml", names(git("ls-tree", "-r", "-z", "--name-only", base)))
    fields = iter(names(git("diff", "-z", "--name-status", "--find-renames", "--diff-filter=R", base, "--")))
    origin = {new: old for _, old, new in zip(fields, fields, fields) if new in policies}
    sections = []
    for path in policies:
        old_path = path if path in old_paths else origin.get(path)
        if old_path is None:
            checked = run(program, "check", "--", path)
            sections.append(f"### {code(path)}: new\n\n{fenced(checked.stdout or checked.stderr)}")
            continue
        old = scratch / "base" / old_path
        old.parent.mkdir(parents=True, exist_ok=True)
        old.write_text(git("cat-file", "blob", f"{base}:{old_path}"), encoding="utf-8")
        heading = f"### {code(path)}" + (f", renamed from {code(old_path)}" if old_path != path else "")
        compared = run(program, "diff", "--format", "markdown", "--", str(old), path)
        if compared.returncode == 1:
            # Its own heading names the copy of the base.
            sections.append(heading + "\n\n" + compared.stdout.split("\n", 1)[1].strip())
        elif compared.returncode != 0:
            sections.append(f"{heading}\n\nNot compared, because the policy has errors, here or in the base.")
    gone = [path for path in old_paths if path not in policies and path not in origin.values()]
    return sections + [f"### {code(path)}: removed" for path in gone]


def stale(program, definitions):
    """Annotates the definitions that are not compiled from the policies as they are, and returns what is wrong with them."""
    folder = setting("COMPILED_IN") or "."
    if not os.path.isdir(folder):
        raise Unusable(f"`compiled-in`: there is no folder `{folder}`")
    problems = []
    for path in definitions:
        there = posixpath.relpath(path, folder)
        checked = run(program, "compile", "--check", "--", there, cwd=folder, env={**os.environ, "COLUMNS": "10000"})
        if checked.returncode != 0:
            lines = (checked.stdout + checked.stderr).strip().splitlines()
            for line in [line for line in lines if " is up to date with " not in line] or ["the check failed"]:
                line = line.removeprefix("error: ").removeprefix(f"{there}:")
                place = re.match(r"(\d+):(\d+): ", line)
                message = line[place.end() if place else 0:].strip()
                annotate("error", message, title="stale definition", file=path, **({"line": place[1], "col": place[2]} if place else {}))
                problems.append(f"- {code(path)}: {message}")
    return problems


def api(method, path, **body):
    """The answer of GitHub's API, and the address of the next page."""
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "exitwise"}
    headers["Authorization"] = f"Bearer {os.environ['GITHUB_TOKEN']}"
    url = path if "://" in path else f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        following = re.search('<([^>]+)>; rel="next"', response.headers.get("Link", ""))
        return json.load(response), following and following[1]


def comment(number, report, changed):
    """Writes the report into the comment of an earlier run, or else into a new one if decisions change. Returns its address."""
    # Another job of the workflow, or another workflow, has a comment of its own.
    job = urllib.parse.quote(f"{os.environ['GITHUB_WORKFLOW']}/{os.environ['GITHUB_JOB']}").replace("-", "%2D")
    marker = f"<!-- exitwise: {job} -->"
    page, mine = f"issues/{number}/comments?per_page=100", None
    while page and not mine:
        comments, page = api("GET", page)
        # Somebody else's comment may quote the marker.
        mine = next((each for each in comments if (each["body"] or "").startswith(marker) and (each["user"] or {}).get("type") == "Bot"), None)
    if not mine and not changed:
        return ""
    link = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format(**os.environ)
    if len(report) > LONGEST_REPORT:
        report = report[:LONGEST_REPORT].rpartition("\n")[0] + "\n\nThe rest is in the summary of the run."
    body = f"{marker}\n{report}\n\nWritten by [this run]({link}), and again after each push."
    if mine:
        written, _ = api("PATCH", f"issues/comments/{mine['id']}", body=body)
    else:
        written, _ = api("POST", f"issues/{number}/comments", body=body)
    return written["html_url"]


def try_to_comment(number, report, changed):
    try:
        return comment(number, report, changed)
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):
            annotate("notice", "The token may not comment on this pull request; the summary of the run has the report. "
                               "A pull request from a fork never may; others need `pull-requests: write` in `permissions`.")
        else:
            annotate("warning", f"No comment was written: GitHub answered {error.code} {error.reason}")
    except OSError as error:
        annotate("warning", f"No comment was written: {error}")
    return ""


def append(variable, text):
    with open(os.environ[variable], "a", encoding="utf-8") as file:
        file.write(text + "\n")


def review():
    if os.environ["GITHUB_EVENT_NAME"] == "pull_request_target":
        raise Unusable("run the action on `pull_request`: on `pull_request_target`, strangers' files meet a token that can write")
    event = json.loads(pathlib.Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    request = event.get("pull_request")
    comments, sarif = switch("COMMENT"), switch("SARIF")
    listed = git("ls-files", "-z", "--cached", "--others")
    if listed is None:
        raise Unusable("there is no repository; run actions/checkout before")
    paths = sorted({path for path in names(listed) if os.path.isfile(path)})
    policies = found("POLICIES", ".toml", paths)
    definitions = found("DEFINITIONS", ".asl.json", paths)
    program = installed()
    scratch = pathlib.Path(tempfile.mkdtemp(dir=os.environ["RUNNER_TEMP"]))

    deny = ["--deny", setting("DENY")] if setting("DENY") else []
    checked = run(program, "check", "--format", "github", *deny, "--", *policies)
    # Only the annotations are commands; a name in the rest could look like one.
    lines = checked.stdout.splitlines()
    annotations = [line for line in lines if re.match("::(error|warning|notice) ", line)]
    token = secrets.token_hex()
    rest = [line for line in lines if line not in annotations] + checked.stderr.splitlines()
    print("\n".join([*annotations, f"::stop-commands::{token}", *rest, f"::{token}::"]), flush=True)
    if checked.returncode == 2 and not checked.stdout:
        raise Unusable(checked.stderr.strip())
    if sarif:
        results = scratch / "policies.sarif"
        results.write_text(run(program, "check", "--format", "sarif", *deny, "--", *policies).stdout, encoding="utf-8")
        append("GITHUB_OUTPUT", f"sarif={results}")
    outdated = stale(program, definitions)

    sections = changes(program, policies, base_of(request), scratch) if request else []
    report = ["## Retry policies"]
    if checked.returncode == 0:
        report.append("The policy is good." if len(policies) == 1 else f"{len(policies)} policies are good.")
    else:
        report.append("**Refused:** the annotations show what is wrong with the policies.")
    if outdated:
        report.append("**Refused:** these definitions are not compiled from the policies as they are:\n\n" + "\n".join(outdated))
    if request:
        report += sections or ["No decision changes."]
        append("GITHUB_OUTPUT", f"decisions-change={'true' if sections else 'false'}")
    report = "\n\n".join(report)
    (scratch / "report.md").write_text(report + "\n", encoding="utf-8")
    append("GITHUB_OUTPUT", f"report={scratch / 'report.md'}")
    append("GITHUB_STEP_SUMMARY", report)
    if request and comments:
        append("GITHUB_OUTPUT", f"comment-url={try_to_comment(request['number'], report, bool(sections))}")
    return checked.returncode == 0 and not outdated


def main():
    try:
        sys.exit(0 if review() else 1)
    except Unusable as reason:
        annotate("error", str(reason))
        sys.exit(1)


if __name__ == "__main__":
    main()
