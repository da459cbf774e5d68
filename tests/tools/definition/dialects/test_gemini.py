"""What becomes of a schema in Gemini's function declarations, in Anthropic's tools and in MCP's."""

import pytest

from tools import tool, tool_from_schema
from tools.definition.dialects import export


def make(properties, **more):
    return tool_from_schema(
        name="t",
        description="Does it.",
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
            **more,
        },
        function=lambda **given: given,
    )


def converted(schema, **more):
    made = export([make({"x": schema}, **more)], "gemini")
    return made.tools[0]["parameters"]["properties"]["x"], [warning.kind for warning in made.warnings]


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "INTEGER", "nullable": True}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"], "format": "enum"}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"$ref": "#/$defs/A"}, {"type": "BOOLEAN"}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
    ],
)
def test_what_it_has_other_words_for_is_said_without_loss(schema, wanted):
    assert converted(schema, **{"$defs": {"A": {"type": "boolean"}}}) == (wanted, [])


@pytest.mark.parametrize(
    ("schema", "wanted", "kind"),
    [
        ({"enum": [1, 2]}, {"type": "INTEGER", "description": "One of: 1, 2."}, "dropped"),
        ({"enum": ["", "a"]}, {"type": "STRING", "description": 'One of: "", "a".'}, "dropped"),
        ({"type": "string", "format": "date"}, {"type": "STRING", "description": "Format: date."}, "dropped"),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
            {"type": "ARRAY", "items": {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}, "maxItems": 2},
            "tuple",
        ),
        ({}, {"type": "STRING", "description": "JSON text of a value."}, "any_value"),
    ],
)
def test_what_it_cannot_say_is_warned_of(schema, wanted, kind):
    assert converted(schema) == (wanted, [kind])


def test_recursion_ends_in_json_text_that_is_decoded_again():
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/N"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    made = export([make({"x": {"$ref": "#/$defs/N"}}, **{"$defs": {"N": node}})], "gemini")
    inner = made.tools[0]["parameters"]["properties"]["x"]["properties"]["next"]
    assert inner["type"] == "STRING" and "JSON text" in inner["description"]
    assert [warning.kind for warning in made.warnings] == ["recursive"]
    sent = {"x": {"name": "a", "next": '{"name": "b", "next": {"name": "c"}}'}}
    assert made.read("t", sent)[1] == {"x": {"name": "a", "next": {"name": "b", "next": {"name": "c"}}}}


def test_references_that_double_at_every_step_stay_bounded():
    defs = {f"n{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/n{n + 1}"}] * 2} for n in range(30)}
    for n in range(30):
        defs[f"n{n}"] = {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/n{n + 1}"} for side in ("left", "right")},
            "additionalProperties": False,
        }
    defs["n30"] = {"type": "string"}
    made = export([make({"x": {"$ref": "#/$defs/n0"}}, **{"$defs": defs})], "gemini")
    assert {warning.kind for warning in made.warnings} == {"too_large"}
    assert len(str(made.tools)) < 2_000_000


def test_an_optional_choice_whose_default_is_empty_loses_only_that():
    definition = tool_from_schema(
        name="t",
        description="Does it.",
        parameters={"properties": {"kind": {"enum": ["", "a"], "default": ""}}, "additionalProperties": False},
        function=lambda **given: given,
    )
    made = export([definition], "gemini")
    assert made.tools[0]["parameters"]["properties"]["kind"]["enum"] == ["a"] and not made.warnings


def test_properties_that_it_refuses_are_renamed_and_come_back():
    made = export([make({"first-name": {"type": "string"}})], "gemini")
    [name] = made.tools[0]["parameters"]["properties"]
    assert name.startswith("first_name_")
    assert made.read("t", {name: "Ada"}) == ("t", {"first-name": "Ada"})


def test_a_tool_without_arguments_has_no_parameters():
    assert "parameters" not in export([make({})], "gemini").tools[0]


def test_anthropic_gets_json_schema_as_it_is():
    definition = make({"x": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"type": "string", "maxLength": 3}}})
    made = export([definition], "anthropic")
    assert made.tools[0]["input_schema"] == definition.schema.parameters and not made.warnings


def test_anthropic_gets_no_choice_at_the_top_and_names_that_it_takes():
    definition = make({"a b": {"type": "string"}}, anyOf=[{"required": ["a b"]}, {"minProperties": 1}])
    made = export([definition], "anthropic")
    [name] = made.tools[0]["input_schema"]["properties"]
    assert sorted(warning.kind for warning in made.warnings) == ["renamed", "root_union"]
    assert made.read("t", {name: "x"}) == ("t", {"a b": "x"})


def test_mcp_gets_the_result_too_if_it_is_an_object_and_whether_twice_is_once():
    @tool(idempotent=True)
    def count() -> dict[str, int]:
        """Count."""

    @tool
    def name() -> str:
        """Name."""

    made = export([count, name], "mcp")
    assert made.tools[0]["outputSchema"]["type"] == "object"
    assert made.tools[0]["annotations"] == {"idempotentHint": True}
    assert "outputSchema" not in made.tools[1]
    assert [warning.kind for warning in made.warnings] == ["output_left_out"]


def test_mcp_keeps_dots_and_slashes_of_names():
    definition = tool_from_schema(name="a.b/c", description="x", parameters={}, function=lambda: None)
    assert export([definition], "mcp").tools[0]["name"] == "a.b/c"
