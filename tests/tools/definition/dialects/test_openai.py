"""What becomes of a schema in OpenAI's strict mode."""

import pytest
from pydantic import BaseModel, ConfigDict

from tools import tool, tool_from_schema
from tools.definition.dialects import export


def exported(properties, required=(), **more):
    parameters = {"type": "object", "properties": properties, "required": list(required), **more}
    definition = tool_from_schema(
        name="t",
        description="Does it.",
        parameters={"additionalProperties": False, **parameters},
        function=lambda **given: given,
    )
    made = export([definition], "openai")
    return made.tools[0]["function"], [(warning.kind, warning.path) for warning in made.warnings], made


def field(schema, **more):
    return exported({"x": schema}, ["x"], **more)[0]["parameters"]["properties"]["x"]


def test_what_may_be_left_out_is_required_and_may_be_null():
    function, warnings, made = exported({"a": {"type": "string"}, "b": {"type": "integer", "default": 5}}, ["a"])
    assert function["strict"] and not warnings
    assert function["parameters"]["required"] == ["a", "b"]
    assert function["parameters"]["properties"]["b"] == {"type": ["integer", "null"], "description": "Default: 5."}
    assert made.read("t", {"a": "x", "b": None}) == ("t", {"a": "x"})


def test_bounds_that_strict_mode_lacks_stand_in_the_description():
    function, warnings, _ = exported({"x": {"type": "string", "description": "A code", "maxLength": 3}}, ["x"])
    assert function["parameters"]["properties"]["x"]["description"] == "A code. At most 3 characters."
    assert warnings == [("dropped", "/properties/x")]


def test_formats_and_patterns_that_it_takes_stay():
    assert field({"type": "string", "format": "date", "pattern": "^2"}) == {
        "type": "string",
        "format": "date",
        "pattern": "^2",
    }
    assert "format" not in field({"type": "string", "format": "uri"})


def test_all_of_is_one_schema():
    merged = field({"allOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"minimum": 3}]})
    assert merged == {"type": "integer", "minimum": 3, "maximum": 9}


def test_a_union_takes_in_what_stands_beside_it():
    union = field({"type": "integer", "anyOf": [{"maximum": 0}, {"minimum": 9}]})
    assert union == {"anyOf": [{"type": "integer", "maximum": 0}, {"type": "integer", "minimum": 9}]}


class Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inside: list["Folder"] = []


def test_recursion_stays_a_reference_and_is_read_back_to_the_bottom():
    @tool
    def store(folder: Folder) -> None:
        """Store it."""

    made = export([store], "openai")
    parameters = made.tools[0]["function"]["parameters"]
    assert parameters["properties"]["folder"] == {"$ref": "#/$defs/Folder"}
    inner = {"name": "b", "inside": None}
    assert made.read("store", {"folder": {"name": "a", "inside": [inner]}}) == (
        "store",
        {"folder": {"name": "a", "inside": [{"name": "b"}]}},
    )


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "/properties/x"),
        ({"type": "object", "patternProperties": {"^a": {}}}, "/properties/x"),
        ({"type": "array", "items": {}}, "/properties/x/items"),
        ({}, "/properties/x"),
    ],
)
def test_what_strict_mode_cannot_hold_makes_the_tool_not_strict(schema, path):
    function, warnings, _ = exported({"x": schema}, ["x"])
    assert function["strict"] is False
    assert function["parameters"]["properties"]["x"] == schema
    assert warnings == [("not_strict", path)]


def test_null_that_is_an_order_is_never_made_of_not_given():
    function, warnings, _ = exported({"x": {"type": ["string", "null"]}})
    assert function["strict"] is False and warnings == [("not_strict", "/properties/x")]


def test_an_object_that_does_not_say_whether_it_is_closed_is_closed_with_a_warning():
    inner = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert exported({"x": inner}, ["x"])[1] == [("closed", "/properties/x")]


def test_alternatives_at_the_top_become_one_object():
    one = {"properties": {"a": {"type": "string"}}, "required": ["a"]}
    other = {"properties": {"b": {"type": "string"}}, "required": ["b"]}
    function, warnings, _ = exported({}, anyOf=[one, other], additionalProperties=None or False)
    assert set(function["parameters"]["properties"]) == {"a", "b"}
    assert ("root_union", "/") in warnings


def test_more_than_the_limits_makes_the_tool_not_strict():
    deep = {"type": "string"}
    for _ in range(11):
        deep = {"type": "array", "items": deep}
    assert exported({"x": deep}, ["x"])[0]["strict"] is False
    assert exported({"x": {"enum": [str(n) for n in range(1001)]}}, ["x"])[0]["strict"] is False


def test_described_references_that_double_at_every_step_stay_bounded():
    defs = {
        f"n{n}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/n{n + 1}", "description": side} for side in ("left", "right")},
            "required": ["left", "right"],
            "additionalProperties": False,
        }
        for n in range(9)
    }
    function, warnings, _ = exported(
        {"x": {"$ref": "#/$defs/n0"}}, ["x"], **{"$defs": {**defs, "n9": {"type": "string"}}}
    )
    assert {kind for kind, _ in warnings} <= {"words_dropped", "not_strict"}
    assert len(str(function)) < 500_000
