"""Whatever a tool takes, its exports keep every provider's rules, and what a provider sends back is read right."""

import pytest
from hypothesis import given, settings

from tests.tools.definition.dialects.generated import documents, signatures
from tests.tools.definition.dialects.provider import Provider
from tests.tools.definition.dialects.rules import REFUSED, name_of
from tools import tool, tool_from_schema
from tools.definition.dialects import DIALECTS, export
from tools.definition.registry import build_default_registry
from tools.definition.schemas.checking import find_errors, make_validator

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)
many = settings(max_examples=40)


def make(parameters, name="t", **options):
    return tool_from_schema(
        name=name, description="Does it.", parameters=parameters, function=lambda **given: given, **options
    )


def refused(exported):
    return [fault for one in exported.tools for fault in REFUSED[exported.dialect](one)]


def sent_by_a_model(exported, arguments):
    """*arguments* as a model would write them that knows nothing but the exported schema."""
    [definition] = exported.tools
    renamed = {
        warning.path.rsplit("/", 1)[-1]: warning.message.split("'")[1]
        for warning in exported.warnings
        if warning.kind == "renamed"
    }
    if exported.dialect == "gemini":
        return Provider(definition["parameters"], renamed).send(definition["parameters"], arguments)
    if exported.dialect == "openai" and definition["function"]["strict"]:
        return Provider(definition["function"]["parameters"], {}).send(
            definition["function"]["parameters"], arguments
        )
    return {renamed.get(name, name): value for name, value in arguments.items()}


def filled(root, schema, value):
    """*value* with the defaults of *schema* in it: a model may as well send them."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if not find_errors(make_validator({**choice, "$defs": root["$defs"]}), value):
            value = filled(root, choice, value)
    if isinstance(value, list):
        places = [*schema.get("prefixItems", ()), *[schema.get("items") or {}] * len(value)]
        return [filled(root, place, item) for place, item in zip(places, value, strict=False)]
    if not isinstance(value, dict):
        return value
    named = schema.get("properties", {})
    value = {**{name: one["default"] for name, one in named.items() if "default" in one}, **value}
    more = schema.get("additionalProperties") or {}
    return {name: filled(root, named.get(name, more), one) for name, one in value.items()}


@every_dialect
@many
@given(case=documents())
def test_arguments_of_a_document_survive_export_and_way_back(dialect, case):
    parameters, arguments = case
    definition = make(parameters)
    exported = export([definition], dialect)
    assert not refused(exported)
    name, payload = exported.read(name_of(dialect, exported.tools[0]), sent_by_a_model(exported, arguments))
    assert name == "t"
    read = definition.schema.validate(payload)
    assert filled(parameters, parameters, read) == filled(parameters, parameters, arguments)
    if dialect != "openai":  # whose nulls go on the way back
        assert exported.read(*exported.written("t", arguments)) == ("t", arguments)


@every_dialect
@many
@given(case=signatures())
def test_arguments_of_a_signature_survive_export_and_way_back(dialect, case):
    function, arguments = case
    definition = tool(function)
    exported = export([definition], dialect)
    assert not refused(exported)
    _, payload = exported.read(name_of(dialect, exported.tools[0]), sent_by_a_model(exported, arguments))
    assert definition.schema.validate(payload) == definition.schema.validate(arguments)


@many
@given(case=documents())
def test_strict_arguments_are_read_right_even_without_the_export(case):
    """Nulls of what was left out: over REST nobody may have said whose dialect they are."""
    parameters, arguments = case
    definition = make(parameters)
    exported = export([definition], "openai")
    if exported.tools[0]["function"]["strict"]:
        read = definition.schema.validate(sent_by_a_model(exported, arguments))
        assert filled(parameters, parameters, read) == filled(parameters, parameters, arguments)


@every_dialect
def test_the_catalog_is_taken_by_every_provider(dialect):
    registry = build_default_registry()
    exported = export(registry, dialect)
    assert not refused(exported)
    assert len(exported.tools) == len(registry)


def test_what_gemini_cannot_say_of_the_catalog_is_only_the_format_of_dates():
    warnings = export(build_default_registry(), "gemini").warnings
    assert {(warning.kind, warning.message.split()[0]) for warning in warnings} == {("dropped", "format")}


@every_dialect
@pytest.mark.parametrize(
    "subschema",
    [
        False,
        True,
        {"oneOf": [False]},
        {"anyOf": [True]},
        {"anyOf": [False, {"type": "integer"}]},
        {"allOf": [False]},
    ],
    ids=str,
)
def test_a_boolean_in_the_place_of_a_schema_is_exported(dialect, subschema):
    exported = export([make({"type": "object", "properties": {"a": subschema, "b": {"type": "string"}}})], dialect)
    assert len(exported.tools) == 1 and refused(exported) == []


def test_what_was_made_of_a_tool_is_not_made_of_another_of_its_name():
    """Each is remembered by itself, with the description that it was given."""

    def of(description):
        @tool(name="same", description=description)
        def same(number: int) -> int:
            return number

        return same

    first, second = of("One."), of("Two.")
    said = [
        export([each], "openai", descriptions, shared=True).tools[0]["function"]["description"]
        for each, descriptions in ((first, None), (second, None), (first, {"same": "Three."}), (first, None))
    ]
    assert said == ["One.", "Two.", "Three.", "One."]
    shared = export([first], "openai", shared=True).tools[0]
    assert shared is export([first], "openai", shared=True).tools[0]
    # Some clients change what they are given: theirs is their own.
    assert export([first], "openai").tools[0] == shared and export([first], "openai").tools[0] is not shared
