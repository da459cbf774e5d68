"""JSON for vendors and spans, of whatever a conversation holds."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


def encoded(value: Any) -> bytes:
    """*value* as JSON: numbers that JSON has not are null, half a surrogate pair is a question mark.

    Raises ValueError for what is nested without end, and TypeError for what is no JSON.
    """
    try:
        return to_json(value, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError):
        # Half a pair, as a text has that was cut in its middle.
        text = json.dumps(finite(value), ensure_ascii=False)
        return text.encode("utf-8", "replace")


def finite(value: Any) -> Any:
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return None
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    return [finite(each) for each in value] if isinstance(value, list | tuple) else value
