"""The table of coercions in docs/schemas.md, each line read by a signature and by the JSON Schema made of it."""

import json
import math
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import Field
from pydantic_core import to_jsonable_python

from tools import tool_from_schema
from tools.definition.coercion import json_type
from tools.definition.schema import infer_schema
from tools.errors import InvalidArguments

PAGE = (Path(__file__).parents[4] / "docs" / "schemas.md").read_text()
TYPES = {
    **{"int": int, "float": float, "bool": bool, "str": str, "list": list, "dict": dict, "set": set},
    **{"date": date, "datetime": datetime, "time": time, "timedelta": timedelta, "UUID": UUID},
    **{"Literal": Literal, "Annotated": Annotated, "Field": Field},
}
QUOTED = re.compile(r"`([^`]+)`")


def rows(header):
    """The rows of the page's table with that *header*; each cell as the texts in its backquotes, or as it is."""
    table = PAGE[PAGE.index(header) :].split("\n\n")[0]
    for line in table.splitlines()[2:]:
        cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("| "))]
        yield [QUOTED.findall(cell) or [cell.strip()] for cell in cells]


LINES = [
    (asked, sent, read) for (asked,), many, (read,) in rows("| asked for | sent | read as |") for sent in many
]
MORE = [(asked, sent) for (asked,), (sent,) in rows("| type | takes also |")]


def both_ways(annotation, **default):
    """The schema of a signature with that one argument, and that of the JSON Schema which models see of it."""

    def one(value):
        """Takes one value."""

    one.__annotations__["value"] = annotation
    one.__defaults__ = tuple(default.values()) or None
    signature = infer_schema(one)
    made = tool_from_schema(
        name="t", description="d", parameters=signature.parameters, function=lambda **arguments: arguments
    )
    return signature, made.schema


def reading(schema, sent):
    """What *schema* reads of *sent* as JSON, and the repairs; or that it refuses."""
    try:
        read, repairs = schema.read({"value": sent})
    except InvalidArguments as error:
        assert "'value" in str(error)
        return "refused", []
    value = to_jsonable_python(read["value"])
    return sorted(value) if isinstance(read["value"], set) else value, repairs


@pytest.mark.parametrize(("asked", "sent", "read"), LINES)
def test_a_line_of_the_table_holds_both_ways(asked, sent, read):
    value = json.loads(sent)
    wanted = "refused" if read == "refused" else json.loads(read)
    first, second = (reading(schema, value) for schema in both_ways(eval(asked, TYPES)))
    assert first == second
    assert first[0] == wanted
    assert read == "refused" or json_type(first[0]) == json_type(wanted)
    assert bool(first[1]) == (read != "refused" and is_repaired(value, wanted))


def is_repaired(sent, read):
    """Whether *read* is of another type of JSON than what was *sent*, somewhere."""
    if isinstance(sent, list) and isinstance(read, list):
        return any(map(is_repaired, sent, read))
    if isinstance(sent, dict) and isinstance(read, dict):
        return any(is_repaired(sent[name], read[name]) for name in sent)
    return json_type(sent) != json_type(read)


@pytest.mark.parametrize(("asked", "sent"), MORE)
def test_a_type_of_python_takes_more_than_its_schema(asked, sent):
    signature, made = both_ways(TYPES[asked])
    assert isinstance(signature.read({"value": json.loads(sent)})[0]["value"], TYPES[asked])
    assert reading(made, json.loads(sent)) == ("refused", [])


@pytest.mark.parametrize("annotation", [int, list[int], Literal[1, 2]])
def test_null_for_what_may_be_left_out_is_not_given_both_ways(annotation):
    default = [1] if annotation == list[int] else 1
    for schema in both_ways(annotation, value=default):
        assert schema.read({"value": None}) == ({"value": default}, ["value: null taken as not given"])


def test_what_fits_is_never_touched():
    sent = {"value": {"a": [1, 2.5, "3", True, None, "[4]"], "b": {}}}
    for schema in both_ways(dict[str, list[int | float | str | bool | None] | dict[str, int]]):
        assert schema.read(sent) == (sent, [])


def test_only_arguments_that_are_wrong_are_read_again():
    def two(first: "int", when: "datetime"):
        """Takes two values."""

    read, repairs = infer_schema(two).read({"first": "1", "when": "2026-01-02T03:04:05"})
    assert read == {"first": 1, "when": datetime(2026, 1, 2, 3, 4, 5)}
    assert repairs == ["first: a string read as a number"]


def test_a_number_of_python_that_json_has_no_word_for_is_refused():
    for schema in both_ways(float):
        assert reading(schema, math.nan) == reading(schema, -math.inf) == ("refused", [])
