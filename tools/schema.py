"""From a function's signature, or from JSON Schema, to what a model sees; and from a payload to arguments."""

from typing import Any

from pydantic_core import to_jsonable_python

from tools.schemas.base import ToolSchema
from tools.schemas.document import DocumentSchema
from tools.schemas.faults import NotATool
from tools.schemas.inference import Injected, infer_schema, is_injected
from tools.schemas.model import ModelSchema

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
