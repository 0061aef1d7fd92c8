"""The functions that Step Functions adds to JSONata, for jsonata-python; and a faster sfnx."""

import functools
import hashlib
import json
import math
import re

import jsonata
import jsonata.parser
import sfnx.testing
from jsonata.utils import Utils

# The deepest nesting of a Cause that the engine reads as JSON. How deep $parse of Step Functions goes is not documented.
MAX_DEPTH = 127

# The unchanged function of jsonata-python.
original_parse = jsonata.parser.Parser.parse


def parse_each_expression_once():
    """Lets sfnx parse each expression once, and not for each check and each evaluation.

    An expression of jsonata-python can be evaluated any number of times, so its tree is always the same.
    """

    @functools.cache
    def parsed(source, *options):
        return original_parse(jsonata.parser.Parser(), source, *options)

    jsonata.parser.Parser.parse = lambda _, *arguments: parsed(*arguments)
    sfnx.testing.states_fields = functools.cache(sfnx.testing.states_fields)


def parse(text, *_):
    """$parse. Like that of Step Functions, it refuses repeated keys and numbers that no double holds."""
    if text is None:
        return None
    try:
        if depth(text) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        value = json.loads(
            text.strip("\t\n\r "),
            object_pairs_hook=members,
            parse_float=finite,
            parse_int=whole,
            parse_constant=refuse,
        )
    except (ValueError, RecursionError) as why:
        raise jsonata.JException(f"$parse: {why}") from why
    return with_nulls(value)


def depth(text):
    """The deepest nesting of the brackets outside of strings."""
    deepest = at = 0
    for character in re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL):
        at += (character in "{[") - (character in "}]")
        deepest = max(deepest, at)
    return deepest


def members(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a repeated key")
    return found


def finite(text):
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is not a double")
    return number


def whole(text):
    """A whole number, as a double."""
    number = finite(text)
    return int(number) if number.is_integer() else number


def refuse(text):
    raise ValueError(f"{text} is not JSON")


def with_nulls(value):
    """The value with the null of jsonata-python, for which None is undefined."""
    match value:
        case None:
            return Utils.NULL_VALUE
        case dict():
            return {key: with_nulls(member) for key, member in value.items()}
        case list():
            return [with_nulls(item) for item in value]
    return value


def digest(text, algorithm, *_):
    """$hash."""
    if text is None:
        return None
    # A lone surrogate becomes a question mark, as in Java.
    return hashlib.new(algorithm.replace("-", "").lower(), text.encode(errors="replace")).hexdigest()
