"""Validates definitions with validators that know nothing of each other: asl-validator, statelint, cfn-lint and sfnx.

Usage: python validate.py NODE_MODULES DEFINITION.asl.json…

A finding that is known to be wrong is left out by its exact text, and counted.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import sfnx.testing

from step_functions import parse_each_expression_once

PROGRAMS = pathlib.Path(sys.executable).parent

# sfnx is slow, so it gets every n-th definition. Before it runs an execution, it also checks the definition.
SFNX_EVERY = 7

# Most bytes of definitions that a validator gets at a time. For cfn-lint they are one template, of at most 1 MB.
MAX_BATCH_BYTES = 900_000

# statelint does not know that an expression can be in the place of a number, nor variables in JSONPath.
STATELINT_WRONG = re.compile(
    r' State Machine\..*\.Seconds is "\{% \$errorState\.waitSeconds %\}" but should be an Integer'
    r'| Field "(outcome|rule|error|cause)\.\$" of Parameters at ".*: Succeeded" is not a JSONPath or intrinsic function expression'
    r'| Field "assigned\.\$" of Parameters at ".*: Done" is not a JSONPath or intrinsic function expression'
    r'| Field "Assign" not allowed in State Machine\..*'
)
# cfn-lint takes the states of a JSONPath machine for JSONPath, whatever their language is, and does not know that a
# Succeed state can have a language.
CFN_LINT_WRONG = re.compile(
    r"E3601 '\{% \$errorState\.waitSeconds %\}' is not of type 'number' at .*: WaitBeforeRetry\.Seconds"
    r"|E3601 Additional properties are not allowed \('QueryLanguage' was unexpected\) at .*: Succeeded\.QueryLanguage"
)
# asl-validator takes the text of a policy for an expression that is not marked as one.
POLICY = re.compile(r'("policy": *)"(\\.|[^"\\])*"')


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def asl_validator(node_modules, definitions):
    """The findings by path, and the number of known false ones: policies that were left out."""
    findings, left_out = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        copies = {}
        for path, text in definitions.items():
            changed, count = POLICY.subn(r'\g<1>"text"', text)
            left_out += count
            copy = pathlib.Path(folder) / path.name
            copy.write_text(changed)
            copies[str(copy)] = path
        words = (word for copy in copies for word in ("--json-path", copy))
        done = run("node", node_modules / "asl-validator/dist/bin/asl-validator.js", *words)
    said = done.stdout + done.stderr
    for copy, path in copies.items():
        if f'"{copy}" is valid' not in said:
            findings[path] = [said.partition(f'"{copy}"')[2].partition("State machine definition")[0]]
    return findings, left_out


def statelint(_, definitions):
    done = run(PROGRAMS / "statelint", *definitions)
    by_name = {str(path): path for path in definitions}
    findings, left_out, path = {}, 0, None
    if done.returncode > 1 or (done.stderr and not done.stdout):
        sys.exit(f"statelint did not run:\n{done.stderr}")
    for line in done.stdout.splitlines():
        if line in by_name:
            path = by_name[line]
        elif STATELINT_WRONG.fullmatch(line):
            left_out += 1
        elif line.startswith(" "):
            findings.setdefault(path, []).append(line)
    return findings, left_out


def cfn_lint(_, definitions):
    """Each definition is a resource of one template."""
    findings, left_out = {}, 0
    names = {f"M{number}": path for number, path in enumerate(definitions)}
    role = "arn:aws:iam::123456789012:role/machine"
    resources = {
        name: {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"RoleArn": role, "Definition": json.loads(definitions[path])},
        }
        for name, path in names.items()
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as template:
        json.dump({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, template)
        template.flush()
        done = run(PROGRAMS / "cfn-lint", "--format", "json", "--region", "eu-west-1", "--", template.name)
    try:
        found = json.loads(done.stdout or "[]")
    except ValueError:
        sys.exit(f"cfn-lint did not run:\n{done.stdout}{done.stderr}")
    for finding in found:
        where = finding["Location"]["Path"] or [None, None]
        text = f"{finding['Rule']['Id']} {finding['Message']} at {'.'.join(map(str, where[4:]))}"
        if CFN_LINT_WRONG.fullmatch(text):
            left_out += 1
        else:
            findings.setdefault(names.get(where[1]), []).append(text)
    return findings, left_out


def batches(definitions):
    batch, size = {}, 0
    for path, text in definitions.items():
        if batch and size + len(text) > MAX_BATCH_BYTES:
            yield batch
            batch, size = {}, 0
        batch[path] = text
        size += len(text)
    yield batch


def sfnx_refusals(_, definitions):
    """sfnx refuses what Step Functions refuses; and JSONPath, which it does not know."""
    findings, left_out = {}, 0
    for path, text in definitions.items():
        try:
            sfnx.testing.check(json.loads(text))
        except sfnx.testing.Unsupported as why:
            if "runs JSONata only" in str(why) or '"JSONPath"' in text:
                left_out += 1
            else:
                findings[path] = [str(why)]
        except sfnx.testing.InvalidDefinition as why:
            findings[path] = [str(why)]
    return findings, left_out


def validated(validator, node_modules, definitions):
    """The findings, and the number of known false ones, of a validator that runs on as many batches as there are processors."""
    findings, left_out = {}, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found, false in pool.map(lambda batch: validator(node_modules, batch), batches(definitions)):
            findings |= found
            left_out += false
    return findings, left_out


def main(node_modules, *paths):
    definitions = {path: path.read_text(encoding="utf-8") for path in map(pathlib.Path, sorted(paths))}
    parse_each_expression_once()
    wrong = 0
    for validator in (asl_validator, statelint, cfn_lint, sfnx_refusals):
        is_sfnx = validator is sfnx_refusals
        given = dict(list(definitions.items())[::SFNX_EVERY]) if is_sfnx else definitions
        findings, left_out = validated(validator, pathlib.Path(node_modules), given)
        for path, texts in list(findings.items())[:5]:
            print(f"{validator.__name__}: {path}: " + "\n  ".join(texts[:5]))
        wrong += len(findings)
        of = "skipped: sfnx runs JSONata only" if is_sfnx else "known false findings left out"
        print(f"{validator.__name__}: {len(given)} definitions, {len(findings)} wrong, {left_out} {of}")
    return 1 if wrong or len(definitions) < 200 else 0


sys.exit(main(*sys.argv[1:]))
