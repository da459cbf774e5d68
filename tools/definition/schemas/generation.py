"""JSON Schema as pydantic makes it, without what only costs tokens, and with what docstrings say of attributes."""

from typing import Any, Literal, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from tools.definition.schemas.docstrings import Documented, document_class

SERIALIZATION: Literal["serialization"] = "serialization"


class PlainJsonSchema(GenerateJsonSchema):
    """No titles made of names; attributes of nested classes have the descriptions of their docstrings."""

    # The base class warns of it and leaves the default out; a registration refuses such a tool.
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _described(super().model_schema(schema), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _described(super().dataclass_schema(schema), schema["cls"])

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        made = super().typed_dict_schema(schema)
        cls = schema.get("cls")
        return _described(made, cls) if cls else made


def untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema* without the names of its classes, which its references hold anyway."""
    for made in (schema, *schema.get("$defs", {}).values()):
        made.pop("title", None)
    return schema


def tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """The *schema* of a signature: optional parameters are left out instead of null, which is a shorter text."""
    untitled(schema)
    schema.setdefault("properties", {})
    for name, field in schema["properties"].items():
        if "default" in field and field["default"] is None:
            schema["properties"][name] = _without_null(field)
    return schema


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
    if not choices or len(choices) == len(field["anyOf"]):
        return field
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "default")}
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {"anyOf": choices, **rest}


def _described(made: JsonSchemaValue, cls: type) -> JsonSchemaValue:
    """*made* with the description of *cls* alone, and those of its attributes where they have none."""
    documented: Documented = document_class(cls)
    if made.get("description") and documented.description:
        made["description"] = documented.description
    for name, field in cast("dict[str, JsonSchemaValue]", made.get("properties", {})).items():
        if text := documented.attributes.get(name):
            field.setdefault("description", text)
    return made
