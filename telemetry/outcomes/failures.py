"""Failures that a tool returns as its result, though its span says OK. Pure.

Told by MCP's ``isError``, Anthropic's ``is_error``, ``"success": false``, ``"error": true``, a message of
LangChain or Strands of status ``error``, and a result that is nothing but ``{"status": "error"}`` and the words
for it. A result that tells of somebody else's failure among its data is none.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from telemetry.values.envelopes import Opened, opened

UNSAID = "the tool returned a failure"
# A failure that is told before anything nested begins, in text that is cut off or not JSON at all.
_TOLD = re.compile(
    r"""^\s*\{[^{}\[\]]*["']
    (?:success["']\s*:\s*false\b|(?:isError|is_error)["']\s*:\s*true\b|error["']\s*:\s*true\s*(?:,|$))""",
    re.IGNORECASE | re.VERBOSE,
)
# In whichever order the words for a failure are looked for.
_WORDS = ("error", "message", "error_message", "errorMessage", "detail", "details")
# Beside ``"status": "error"`` in a result that says nothing else: more is data, and its status that of the data.
_OF_A_FAILURE = frozenset({"status", "code", "content", *_WORDS})
# How frameworks tell a model that the arguments of its call were refused, before any tool ran. Those between them
# and the model put their own words before that.
_REFUSED = re.compile(
    r"""^(?:(?:error|mcp\ error\ -32602|mcperror|[\w.]{0,60}tool\w{0,60}(?:error|exception)):\s*){0,4}(?:
        tool\ input\ validation\ failed                              # Mastra
        |error\ invoking\ tool\ '[^']*'\ with\ kwargs\ .*\ with\ error  # LangChain
        |\d+\ validation\ errors?\ for\                               # Pydantic: FastMCP, Strands
        |error\ executing\ tool\ \S+:\ \d+\ validation\ errors?\ for\   # MCP
        |(?:input\ )?validation\ (?:error|failed)\b                    # MCP, Strands
        |invalid\ (?:arguments|input)\ for\ tool\b                      # MCP in TypeScript, AI SDK
        |received\ tool\ input\ did\ not\ match\ expected\ schema\b     # LangChain in JavaScript
        |(?:tool)?inputvalidationerror:                               # Claude's agents
        |invoking\ `[^`]*`\ failed\ as\ the\ following\ mandatory         # Google's ADK
        |invalid\ json\ input\ for\ tool\                              # OpenAI's Agents
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def returned_failure(result: Any) -> str | None:
    """What a *result* that tells of a failure says; None if it is fine."""
    return failure_of(opened(result))


def failure_of(result: Opened) -> str | None:
    """What an opened *result* that tells of a failure says; None if it is fine."""
    value = result.parsed
    if isinstance(value, Mapping):
        if result.is_error or _tells(value):
            return words_of(value) or UNSAID
        return _of_text(value)
    if result.is_error:
        return value if isinstance(value, str) and value else UNSAID
    return UNSAID if isinstance(value, str) and _TOLD.match(value) else None


def is_refusal(message: str) -> bool:
    """Whether a failure's *message* is a framework's refusal of the arguments."""
    return _REFUSED.match(message) is not None


def _tells(value: Mapping[str, Any]) -> bool:
    if value.get("isError") is True or value.get("is_error") is True:
        return True
    if value.get("success") is False or value.get("error") is True:
        return True
    return value.get("status") == "error" and value.keys() <= _OF_A_FAILURE and len(value) > 1


def _of_text(value: Mapping[str, Any]) -> str | None:
    """The failure that the one text of an MCP result tells of; its server may know nothing of it."""
    match value:
        case {"content": [{"text": str() as text}]} if text.startswith("{"):
            inner = opened(text).parsed
            return (words_of(inner) or UNSAID) if isinstance(inner, Mapping) and _tells(inner) else None
    return None


def words_of(value: Mapping[str, Any]) -> str:
    """What a result that tells of a failure says of it; empty where it says nothing."""
    for key in _WORDS:
        said = value.get(key)
        if isinstance(said, Mapping) and isinstance(said.get("message"), str):
            said = said["message"]
        if said and said is not True:
            return said if isinstance(said, str) else json.dumps(said, default=str)
    content = value.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list | tuple) and content and isinstance(content[0], Mapping):
        return str(content[0].get("text") or "")
    return ""
