"""Failures that are kept: what a tool says it cannot do, where its policy asks for that."""

from pydantic_core import from_json, to_json

from tools.errors import ReturnedFailure, ToolError

# No JSON text begins so, and results are JSON texts.
MARK = b"F"


def keepable(error: ToolError) -> bool:
    """Only what the tool itself answered, and would answer again."""
    return isinstance(error, ReturnedFailure) and not error.retryable


def pack(error: ToolError) -> bytes:
    return MARK + to_json({"detail": error.detail, "code": error.code, "hint": error.hint})


def unpack(value: bytes) -> ReturnedFailure | None:
    """The failure, ready to be raised; None where *value* is a result."""
    if not value.startswith(MARK):
        return None
    kept = from_json(value[1:])
    return ReturnedFailure(kept["detail"], code=kept["code"], hint=kept["hint"])
