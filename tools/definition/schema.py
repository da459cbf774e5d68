"""From a function's signature, or from JSON Schema, to what a model sees; and from a payload to arguments."""

from typing import Any

from pydantic_core import to_jsonable_python

from tools.definition.schemas.base import ToolSchema
from tools.definition.schemas.document import DocumentSchema
from tools.definition.schemas.faults import NotATool
from tools.definition.schemas.inference import Injected, infer_schema, is_injected
from tools.definition.schemas.model import ModelSchema

__all__ = [
    "DocumentSchema",
    "Injected",
    "ModelSchema",
    "NotATool",
    "ToolSchema",
    "infer_schema",
    "is_injected",
    "jsonable",
]


def jsonable(value: Any) -> Any:
    """*value* as JSON types: pydantic models, dataclasses, decimals (as strings), dates, UUIDs."""
    return to_jsonable_python(value)
