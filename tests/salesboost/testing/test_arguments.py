"""Arguments by a tool's schema: what is drawn is what the schema takes, for each tool that ships."""

import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from salesboost.testing.arguments import CannotDraw, arguments_of, values_of
from tools.definition.decorators import tool, tool_from_schema
from tools.definition.registry import build_default_registry

TOOLS = {tool.name: tool for tool in build_default_registry()}
# What JSON Schema does not say: how many places decimals may have, which texts are some, and that blanks around a
# text are no part of it.
PERCENT = st.decimals(0, 100, places=2).map(str)
INSTEAD = {
    "knowledge_retriever": {"query": st.text(st.characters(exclude_categories=("Cs", "Cc"))).filter(str.strip)},
    "price_calculator": {
        "discount_percent": PERCENT,
        "roi": st.fixed_dictionaries({}, optional={"gross_margin_percent": PERCENT}),
    },
}


@pytest.mark.parametrize("name", sorted(TOOLS))
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_tool_that_ships_takes_what_its_schema_allows(name, data):
    """Nothing that a model may write by the schema is refused by the schema's own reader."""
    arguments = data.draw(arguments_of(TOOLS[name], **INSTEAD.get(name, {})))
    assert json.loads(json.dumps(arguments)) == arguments
    TOOLS[name].schema.validate(arguments)


SCHEMAS = [
    {"type": "string", "minLength": 3, "maxLength": 5},
    {"type": "string", "minLength": 90},
    {"type": "string", "pattern": "^[A-Z]{2}$"},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "email"},
    {"type": "integer", "minimum": 3, "exclusiveMaximum": 5},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "number", "maximum": -5_000_000},
    {"type": ["integer", "null"]},
    {"type": "boolean"},
    {"enum": ["a", 1, None]},
    {"const": 7},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3, "uniqueItems": True},
    {"type": "array"},
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]},
    {"type": "object", "additionalProperties": {"type": "integer"}},
    {
        "type": "object",
        "properties": {"child": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": {"type": "object", "properties": {"of": {"anyOf": [{"$ref": "#/$defs/Node"}]}}}},
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:40])
@given(data=st.data())
@settings(max_examples=40)
def test_what_is_drawn_is_what_the_schema_takes(schema, data):
    value = data.draw(values_of(schema, schema, "tool.x"))
    Draft202012Validator(schema, format_checker=FormatChecker(["date"])).validate(value)


@tool
def order(sku: str, quantity: int = 1) -> str:
    """Orders."""
    return sku * quantity


@given(arguments_of(order, sku=st.sampled_from(["PRO", "TEAM"])))
def test_an_argument_may_have_a_strategy_of_its_own(arguments):
    assert arguments["sku"] in ("PRO", "TEAM")


def test_what_cannot_be_drawn_says_what_to_do():
    with pytest.raises(CannotDraw, match=r"order has no argument 'color': it has sku, quantity."):
        arguments_of(order, color=st.none())
    odd = {"type": "object", "properties": {"n": {"type": "integer", "multipleOf": 3}}}
    thirds = tool_from_schema(
        name="thirds", description="Thirds.", parameters=odd, function=lambda **arguments: arguments
    )
    with pytest.raises(CannotDraw, match=r"thirds\.n has 'multipleOf', by which nothing .*: give n a strategy\."):
        arguments_of(thirds)
    assert arguments_of(thirds, n=st.just(3)) is not None


def test_who_has_no_hypothesis_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(CannotDraw, match="install it with `pip install hypothesis`"):
        arguments_of(order)
