"""Evaluates a corpus of expressions with jsonata-python, as evaluate.mjs does with the reference implementation.

Usage: python evaluate.py CORPUS.jsonl N, where only every N-th case is evaluated, because jsonata-python is slow.
"""

import json
import sys
import time

import jsonata
from jsonata.utils import Utils

from step_functions import digest, parse, with_nulls


def prepared(source):
    expression = jsonata.Jsonata(source)
    expression.set_output_convert_nulls(False)
    expression.register_lambda("parse", parse)
    expression.register_lambda("hash", digest)
    return expression


def value_of(expression, bindings):
    return Utils.convert_nulls(expression.evaluate(None, {key: with_nulls(value) for key, value in bindings.items()}))


def decide(expression, case):
    """The state machine reads the Cause at fewer levels if $parse fails."""
    bindings = {key: case[key] for key in ("taskError", "errorState")} | {"states": {"context": case["context"]}}
    for levels in (2, 1, 0):
        try:
            return value_of(expression, bindings | {"jsonLevels": levels})
        except jsonata.JException as why:
            if levels == 0 or "$parse" not in str(why):
                raise


def main(corpus, every):
    source = expression = None
    cases = evaluated = skipped = slowest = 0
    wrong = []
    for line in open(corpus, encoding="utf-8"):
        case = json.loads(line)
        if "expression" in case:
            source, expression = case["expression"], None
            continue
        cases += 1
        if cases % every:
            continue
        if r"\B" in source and "" in case.get("texts", ()):
            # Before Python 3.14, \B is not found in an empty text.
            skipped += 1
            continue
        evaluated += 1
        try:
            expression = expression or prepared(source)
            start = time.perf_counter()
            found = value_of(expression, {"texts": case["texts"]}) if "texts" in case else decide(expression, case)
            slowest = max(slowest, time.perf_counter() - start)
        except Exception as why:
            found = f"{type(why).__name__}: {why}: {source[:200]}"
        if found != case["expected"]:
            wrong.append(case | {"found": found})
    for case in wrong[:5]:
        print(json.dumps(case))
    print(f"{evaluated} of {cases} values, {len(wrong)} wrong, {skipped} skipped, the slowest in {slowest * 1e3:.0f} ms")
    return 1 if wrong or not evaluated else 0


sys.exit(main(sys.argv[1], int(sys.argv[2])))
