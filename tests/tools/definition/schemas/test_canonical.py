"""Schemas of either draft take one form, in which nothing leads outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from tools.definition.schemas.canonical import Canonical
from tools.definition.schemas.document import read_document
from tools.definition.schemas.keywords import descendants

DRAFT_7 = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://example.com/order",
    "definitions": {
        "sku": {"$id": "#sku", "type": "string", "pattern": "^[A-Z]$"},
        "pair": {"type": "array", "items": [{"$ref": "#sku"}, {"type": "integer"}], "additionalItems": False},
        "tree": {
            "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$ref": "#/definitions/tree"}}},
        },
    },
    "type": "object",
    "properties": {
        "pair": {"$ref": "#/definitions/pair", "minItems": 99},
        "tree": {"$ref": "https://example.com/order#/definitions/tree"},
        "again": {"$ref": "#/properties/pair"},
    },
    "dependencies": {"again": ["pair"], "tree": {"required": ["pair"]}},
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["A", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["pair", "tree", "again", "kids"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_draft_7_means_the_same_in_its_new_form(value):
    made = Canonical(DRAFT_7)
    assert not made.faults
    assert Draft202012Validator(made.schema).is_valid(value) == Draft7Validator(DRAFT_7).is_valid(value)


def test_every_reference_leads_to_a_definition_of_the_root():
    schema = Canonical(DRAFT_7).schema
    references = {node["$ref"] for _, node in descendants(schema) if isinstance(node, dict) and "$ref" in node}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert not {"$schema", "$id", "definitions"} & set(schema)


def test_a_root_that_only_points_becomes_what_it_points_to():
    made = Canonical({"$ref": "#/$defs/Args", "$defs": {"Args": {"type": "object"}}})
    assert made.schema["type"] == "object"


def test_words_of_draft_7_inside_an_example_stay_as_they_are():
    example = {"definitions": {"a": 1}, "$ref": "#/nowhere"}
    made = Canonical({"type": "object", "properties": {"x": {"default": example, "enum": [example]}}})
    assert made.schema["properties"]["x"] == {"default": example, "enum": [example]}
    assert not made.faults


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "must be a JSON Schema as a dict"),
        ({"type": "strin"}, "type: 'strin' is not valid under"),
        ({"properties": {"a": {"minimum": "1"}}}, "properties.a.minimum: '1' is not of type 'number'"),
        ({"properties": {"a": {"pattern": "("}}}, "properties.a: the pattern '(' is not valid"),
        ({"properties": {"a": {"$ref": "https://evil.example/x"}}}, "leads outside of the schema"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "leads outside of the schema"),
        ({"properties": {"a": {"$ref": "#/$defs/None"}}}, "leads nowhere"),
        ({"properties": {"a": {"$dynamicRef": "#x"}}}, "$dynamicRef is not supported"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "use draft 2020-12 or 7"),
        ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}, "without end"),
        ({"allOf": [{"$ref": "#"}]}, "without end"),
        ({"properties": {"a": {"$ref": "#items"}}, "items": {}}, "leads nowhere"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema-of-mine"}, "use draft 2020-12 or 7"),
        ({"properties": {"a": {"nullable": "yes"}}}, "properties.a: nullable must be true or false, not 'yes'"),
        ({"type": "object", "nullable": True}, "arguments cannot be null"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": True}}, "is not supported"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_its_path(schema, said):
    [fault, *_] = read_document(schema, "parameters")[1]
    assert fault.startswith("parameters") and said in fault


def test_a_schema_as_deep_as_a_well_is_refused():
    deep = {}
    for _ in range(5000):
        deep = {"items": deep}
    assert "levels deep" in read_document(deep, "parameters")[1][0]


def test_references_that_double_where_they_stand_are_refused_at_once():
    defs = {f"n{n}": {"allOf": [{"$ref": f"#/$defs/n{n + 1}"}] * 2} for n in range(40)}
    schema = {"properties": {"x": {"$ref": "#/$defs/n0"}}, "$defs": {**defs, "n40": {"type": "string"}}}
    assert "multiply" in read_document(schema, "parameters")[1][0]


def test_a_chain_of_very_many_references_is_refused():
    defs = {f"n{n}": {"items": {"$ref": f"#/$defs/n{n + 1}"}} for n in range(2000)}
    schema = {"properties": {"x": {"$ref": "#/$defs/n0"}}, "$defs": {**defs, "n2000": {}}}
    assert "too many others" in read_document(schema, "parameters")[1][0]


def test_items_as_a_list_are_draft_7_whether_or_not_the_schema_says_so():
    schema = {"properties": {"pair": {"items": [{"type": "integer"}, {"type": "string"}]}}}
    made, faults = read_document(schema, "parameters")
    assert not faults
    assert made["properties"]["pair"] == {
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
        "items": True,
    }


NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "enum": ["a"], "title": "A", "nullable": True},
            {"anyOf": [{"type": "string", "enum": ["a"]}, NULL], "title": "A"},
        ),
        ({"$ref": "#/$defs/S", "nullable": True}, {"anyOf": [{"$ref": "#/$defs/S"}, NULL]}),
        ({"nullable": True, "minimum": 5}, {"anyOf": [{"minimum": 5}, NULL]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "object", "properties": {"nullable": {"type": "string"}}}, None),
    ],
)
@pytest.mark.parametrize("draft", ["draft-07", "draft/2020-12"])
def test_nullable_is_read_as_or_null(given, made, draft):
    schema = {
        "$schema": f"http://json-schema.org/{draft}/schema",
        "properties": {"a": given},
        "$defs": {"S": {"type": "string"}},
    }
    document, faults = read_document(schema, "parameters")
    assert not faults
    assert document["properties"]["a"] == (made or given)


def test_true_and_false_are_written_as_schemas_but_where_they_say_that_there_may_be_more():
    schema = {
        "properties": {"items": True, "none": False, "some": {"anyOf": [False, {"type": "integer"}]}},
        "additionalProperties": False,
        "$defs": {"f": False},
    }
    assert read_document(schema, "parameters")[0] == {
        "properties": {"items": {}, "none": {"not": {}}, "some": {"anyOf": [{"not": {}}, {"type": "integer"}]}},
        "additionalProperties": False,
    }
