"""A sentence on an argument that goes wrong, out of the tool's schema."""

import pytest

from tools.definition.registry import build_default_registry
from tools.llm.evolution.rules import rule

PARAMETERS = {
    "type": "object",
    "required": ["customer_id", "action", "lines"],
    "properties": {
        "customer_id": {"type": "string", "pattern": "^CUST[0-9]+$", "examples": ["CUST001"]},
        "action": {"enum": ["read", "list"]},
        "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "top_k": {"type": "integer", "minimum": 1, "maximum": 20},
        "note": {},
        "kind": {"const": "quote"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
    },
    "$defs": {"Line": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("customer_id", "always give 'customer_id' as text that matches ^CUST[0-9]+$ such as 'CUST001'."),
        ("action", "always give 'action' as one of 'read', 'list'."),
        ("day", "if you give 'day', give text in the format date."),
        ("top_k", "if you give 'top_k', give a whole number of at least 1 and at most 20."),
        ("kind", "if you give 'kind', give 'quote'."),
        ("lines", "always give 'lines' as a list of at least 1 of them."),
        ("lines.sku", "always give 'lines.sku' as text."),
    ],
)
def test_what_the_schema_says_of_it_is_said(field, said):
    assert rule("quote", PARAMETERS, field) == f"Calling quote, {said}"


def test_an_argument_that_there_is_not_is_told_by_those_that_there_are():
    assert (
        rule("quote", PARAMETERS, "lines.price") == "quote takes only 'sku' in 'lines': give it no 'lines.price'."
    )
    known = "'customer_id', 'action', 'day', 'top_k', 'note', 'kind' and 'lines'"
    assert rule("quote", PARAMETERS, "comment") == f"quote takes only {known}: give it no 'comment'."


def test_where_the_schema_says_nothing_nothing_is_said():
    assert rule("quote", PARAMETERS, "note") == ""
    assert rule("quote", {"type": "object"}, "anything") == ""


def test_every_argument_of_the_tools_that_ship_has_a_sentence_or_none_and_never_an_error():
    for tool in build_default_registry():
        schema = tool.schema.parameters
        for field in schema.get("properties", {}):
            said = rule(tool.name, schema, field)
            assert said == "" or (said.endswith(".") and field in said)
