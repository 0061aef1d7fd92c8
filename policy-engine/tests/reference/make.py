"""Computes reference values with Python and its libraries tenacity and backoff.

Writes the delays of backoffs to delays.tsv, and the delays of formulas to formulas.tsv.

    pip install tenacity==9.2.1 backoff==2.2.1 && python3 policy-engine/tests/reference/make.py
"""

import math
import random
import re
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import backoff
import tenacity

RETRIES = 12
MOST = 99_999_999
FOLDER = Path(__file__).parent


def seconds(value):
    """Rounds half up to whole seconds.

    Returns None if the value is so close to a tie that the last bit of another pow could change the
    result.
    """
    if value >= MOST:
        return MOST
    exact = Fraction(value)
    if exact.denominator > 2**12 and abs(exact % 1 - Fraction(1, 2)) < Fraction(1, 10**6):
        return None
    return math.floor(exact + Fraction(1, 2))


def waits(strategy):
    return [strategy(SimpleNamespace(attempt_number=n)) for n in range(1, RETRIES + 1)]


def generated(generator):
    generator.send(None)
    return [next(generator) for _ in range(RETRIES)]


def delays(rng):
    cap = rng.choice([40, 900, 50_000, MOST])
    initial, step, factor = rng.randrange(1, 90), rng.randrange(60), rng.randrange(10, 40) / 10
    listed = [rng.randrange(600) for _ in range(rng.randrange(1, 6))]
    exponential = f'exponential = {{ initial = "{initial}s", factor = {factor} }}, cap = "{cap}s"'
    yield f'constant = "{step}s"', waits(tenacity.wait_fixed(step))
    yield (
        f'linear = {{ initial = "{initial}s", step = "{step}s" }}, cap = "{cap}s"',
        waits(tenacity.wait_incrementing(start=initial, increment=step, max=cap)),
    )
    yield exponential, waits(tenacity.wait_exponential(multiplier=initial, exp_base=factor, max=cap))
    yield exponential, generated(backoff.expo(base=factor, factor=initial, max_value=cap))
    yield f'delays = {[f"{delay}s" for delay in listed]}', waits(tenacity.wait_chain(*map(tenacity.wait_fixed, listed)))
    yield f'fibonacci = {{ initial = "1s" }}, cap = "{cap}s"', generated(backoff.fibo(max_value=cap))


def formula(rng, depth):
    if depth == 0:
        return rng.choice(["n", "n", str(rng.randrange(1, 100)), str(rng.randrange(1, 80) / 8), "1e3", ".5"])
    part = lambda: formula(rng, rng.randrange(depth))
    kind = rng.randrange(10)
    if kind < 6:
        return f"{part()}{rng.choice([' + ', ' - ', '*', ' / ', '^', '^'])}{part()}"
    if kind == 6:
        return f"-{part()}"
    if kind == 7:
        return f"({part()})"
    if kind == 8:
        return f"{rng.choice(['min', 'max'])}({part()}, {part()})"
    return f"{rng.choice(['floor', 'ceil', 'sqrt', 'log2'])}({part()})"


def values(text):
    """The value of a formula for each n. None if one of them is negative or not a number."""
    names = {"min": min, "max": max, "ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log2": math.log2}
    # All numbers become floats, because Python's integers are unbounded.
    python = re.sub(r"(?<![\w.])[\d.]+(?:e\d+)?", lambda number: repr(float(number[0])), text).replace("^", "**")
    found = []
    for n in range(1, RETRIES + 1):
        try:
            value = eval(python, {"__builtins__": {}, **names, "n": float(n)})
        except (ArithmeticError, ValueError, TypeError):
            return None
        if isinstance(value, complex) or not 0 <= value < math.inf:
            return None
        found.append(value)
    return found


def write(name, rows):
    lines = []
    for text, found in rows:
        rounded = [seconds(value) for value in found]
        if None not in rounded:
            lines.append("\t".join([text, *map(str, rounded)]))
    (FOLDER / name).write_text("\n".join(dict.fromkeys(lines)) + "\n")


rng = random.Random(1)
write("delays.tsv", [row for _ in range(25) for row in delays(rng)])
formulas = {}
while len(formulas) < 250:
    text = formula(rng, rng.randrange(1, 5))
    if len(text) < 60 and text not in formulas and (found := values(text)) and len(set(found)) > 1:
        formulas[text] = found
write("formulas.tsv", formulas.items())
