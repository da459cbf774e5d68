"""A request that makes no sense is refused, whatever stands where: the lab has no other answer to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from salesboost.lab import Lab
from tests.salesboost.lab.wires import CHAT, QUESTION, TOOL, ask, running

JUNK: list[Any] = [
    1,
    "x",
    True,
    [],
    [1],
    ["x"],
    {},
    [{}],
    {"a": 1},
    {"function": "x"},
    [{"type": "function"}],
    None,
]
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
FIELDS = {
    CHAT: (
        *("model", "messages", "tools", "tool_choice", "response_format", "stream_options", "reasoning"),
        *("reasoning_effort", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "stream"),
    ),
    "/responses": (
        *("model", "input", "tools", "tool_choice", "text", "reasoning", "include", "max_output_tokens", "store"),
        *("instructions", "temperature", "stream"),
    ),
}
MODELS = {"openai": "gpt-4.1", "groq": "openai/gpt-oss-120b", "xai": "grok-4.6", "openrouter": "google/gemini-4"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


@pytest.mark.parametrize("vendor", MODELS)
def test_junk_in_a_field_is_answered(lab: Lab, vendor: str) -> None:
    for path in FIELDS if vendor in ("openai", "xai") else (CHAT,):
        said = {"input": QUESTION} if path == "/responses" else {"messages": QUESTION, "tools": [TOOL]}
        for field in FIELDS[path]:
            for junk in JUNK:
                response = ask(lab, vendor, {"model": MODELS[vendor], **said, field: junk}, path)
                assert response.status_code in (200, 400, 404), (field, junk)


@pytest.mark.parametrize("vendor", MODELS)
def test_junk_in_a_message_is_answered(lab: Lab, vendor: str) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "", "tool_calls": [CALL], "reasoning_details": []},
        {"role": "tool", "tool_call_id": "call_1", "content": ""},
    ]
    for at, message in enumerate(messages):
        for field in message:
            for junk in JUNK:
                changed = [*messages[:at], {**message, field: junk}, *messages[at + 1 :]]
                response = ask(lab, vendor, {"model": MODELS[vendor], "messages": changed})
                assert response.status_code in (200, 400), (field, junk)


def test_junk_in_an_item_is_answered(lab: Lab) -> None:
    items: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": ""},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": ""},
    ]
    for at, item in enumerate(items):
        for field in item:
            for junk in JUNK:
                changed = [*items[:at], {**item, field: junk}, *items[at + 1 :]]
                response = ask(lab, "openai", {"model": "gpt-6-sol", "input": changed}, "/responses")
                assert response.status_code in (200, 400, 404), (field, junk)


def test_junk_in_a_tool_is_answered(lab: Lab) -> None:
    function = {"name": "a", "description": "", "parameters": {"type": "object"}, "strict": True}
    for field in function:
        for junk in JUNK:
            tool = {"type": "function", "function": {**function, field: junk}}
            body = {"model": "gpt-4.1", "messages": QUESTION, "tools": [tool]}
            assert ask(lab, "openai", body).status_code in (200, 400), (field, junk)
