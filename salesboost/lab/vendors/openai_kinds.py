"""Whether a value is of the kind that its place wants, in OpenAI's words."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.vendors.base import Refused

NAME = re.compile(r"[a-zA-Z0-9_-]+")
MAX_NAME = 64
# What the parameters of both interfaces are, where they are given.
KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("response_format", "stream_options", "reasoning", "text", "metadata"), (dict,)),
    **dict.fromkeys(("instructions", "reasoning_effort", "model"), (str,)),
    **dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty"), (int, float)),
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "max_output_tokens"), (int,)),
    **dict.fromkeys(("tools", "include"), (list,)),
    **dict.fromkeys(("stream", "store", "parallel_tool_calls"), (bool,)),
    "tool_choice": (dict, str),
}


def check_kinds(body: Mapping[str, Any]) -> None:
    """Raises Refused for a parameter that is of another kind than its own."""
    for name, kinds in KINDS.items():
        value = body.get(name)
        if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise Refused(
                f"Invalid type for '{name}': expected {kind_of(kinds[0]())}, but got {kind_of(value)} instead.",
                kind="invalid_type",
                param=name,
            )
    for at, tool in enumerate(body.get("tools") or ()):
        check_object(tool, f"tools[{at}]")


def check_object(value: Any, where: str) -> None:
    if not isinstance(value, Mapping):
        raise Refused(
            f"Invalid type for '{where}': expected an object, but got {kind_of(value)} instead.",
            kind="invalid_type",
            param=where,
        )


def check_name(name: Any, where: str) -> None:
    check_text(name, where)
    check_length(name, MAX_NAME, where)
    if not NAME.fullmatch(name):
        raise Refused(
            f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            kind="invalid_value",
            param=where,
        )


def check_length(text: str, longest: int, where: str) -> None:
    if len(text) > longest:
        raise Refused(
            f"Invalid '{where}': string too long. Expected a string with maximum length {longest}, but got a "
            f"string with length {len(text)} instead.",
            kind="string_above_max_length",
            param=where,
        )


def check_text(value: Any, where: str) -> None:
    if value is None:
        raise Refused(f"Missing required parameter: '{where}'.", kind="missing_required_parameter", param=where)
    if not isinstance(value, str):
        raise Refused(
            f"Invalid type for '{where}': expected a string, but got {kind_of(value)} instead.",
            kind="invalid_type",
            param=where,
        )


def check_list(value: Any, where: str) -> None:
    if not isinstance(value, list):
        raise Refused(
            f"Invalid type for '{where}': expected an array of objects, but got {kind_of(value)} instead.",
            kind="invalid_type",
            param=where,
        )
    if not value:
        raise Refused(
            f"Invalid '{where}': empty array. Expected an array with minimum length 1, but got an empty array "
            "instead.",
            kind="empty_array",
            param=where,
        )


def kind_of(value: Any) -> str:
    """What *value* is, in the words of JSON."""
    for kind, name in ((Mapping, "an object"), (list, "an array"), (str, "a string"), (bool, "a boolean")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "a number"
