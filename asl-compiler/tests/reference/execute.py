"""Runs a corpus of executions in sfnx, and compares all that happens with what must happen.

Usage: python execute.py EXECUTIONS.jsonl

sfnx.testing is an interpreter of the Amazon States Language. It refuses what Step Functions was seen to refuse.
"""

import collections
import datetime
import hashlib
import json
import multiprocessing
import sys
import uuid

import sfnx.testing

from step_functions import digest, parse, parse_each_expression_once

EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)

# The unchanged function of sfnx.
original_entered = sfnx.testing.entered


class Scripted:
    """The world around one execution: its tasks, its clock, and the numbers that $uuid draws."""

    def __init__(self, case):
        self.runs = {group: iter(runs) for group, runs in case["runs"].items()}
        self.calls, self.waits, self.draws = [], [], 0

    def task(self, call):
        group = call.arguments.get("Group", "")
        self.calls.append(group)
        if failure := next(self.runs.get(group, iter(())), None):
            raise sfnx.testing.Failure(failure["Error"], failure["Cause"])
        return {"TaskArn": f"task-of-{group}", "Containers": []}

    def waited(self, wait):
        self.waits.append(wait.seconds)

    def entered(self, *arguments):
        """The context object. In sfnx alone, all states are entered at the same time."""
        context = original_entered(*arguments)
        now = EPOCH + datetime.timedelta(seconds=sum(self.waits))
        context["State"]["EnteredTime"] = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return context

    def uuid(self, *_):
        """$uuid of asl-runner, so that jitter is the same."""
        self.draws += 1
        execution = sfnx.testing.execution_context({}, "")["Execution"]["Id"]
        drawn = hashlib.sha256(f"{execution}/{self.draws}".encode()).digest()[:16]
        return str(uuid.UUID(bytes=drawn, version=4))


def course(case):
    """All that happens in an execution."""
    world = Scripted(case)
    sfnx.testing.entered = world.entered
    functions = {"parse": parse, "hash": digest, "uuid": world.uuid}
    found = sfnx.testing.run(
        case["definition"],
        case["input"],
        world.task,
        functions=functions,
        on_wait=world.waited,
        start_time="1970-01-01T00:00:00.000Z",
    )
    end = {"output": found.output} if found.error is None else {"error": found.error, "cause": found.cause}
    return {"states": list(found.states), "waits": world.waits, "calls": world.calls, "end": end}


def ran(line):
    """A case, and all that happened or why nothing did."""
    case = json.loads(line)
    try:
        return case, course(case)
    except Exception as why:
        return case, {"refused": f"{type(why).__name__}: {why}"}


def main(corpus):
    counts = collections.Counter()
    wrong = []
    with multiprocessing.Pool(initializer=parse_each_expression_once) as pool, open(corpus, encoding="utf-8") as lines:
        # Executions of the same policy follow each other, and share their expressions.
        results = pool.map(ran, lines, chunksize=10)
    for case, found in results:
        counts[case["name"]] += 1
        counts["states"] += len(case["states"])
        counts["waits"] += len(case["waits"])
        differences = {key: (value, case.get(key)) for key, value in found.items() if value != case.get(key)}
        if differences:
            wrong.append({"name": case["name"], "runs": case["runs"], "found and expected": differences})
    for case in wrong[:5]:
        print(json.dumps(case))
    states, waits = counts.pop("states"), counts.pop("waits")
    of = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{counts.total()} executions ({of}) with {states} states and {waits} waits, {len(wrong)} wrong")
    return 1 if wrong or not counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
