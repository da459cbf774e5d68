"""What a model wrote, run: what was approved is what the tool gets, byte for byte."""

import json
from typing import Any

import pytest
from pydantic_core import to_json

from telemetry import semconv
from tools import tool
from tools.definition.registry import ToolRegistry
from tools.errors import ProviderError, UnknownTool
from tools.llm.running import KnownTools, UnreadableCall, run_text

RECEIVED = []
WRITTEN = """I'll write it.
<tool_call>{'name': 'write', 'arguments':
{'path': 'a b.txt', 'lines': ['it's', 'é\\u00e9'], 'mode': {'n': 0x1F},}}</tool_call>"""
MEANT = {"path": "a b.txt", "lines": ["it's", "éé"], "mode": {"n": 31}}


@pytest.fixture(autouse=True)
def nothing_received():
    RECEIVED.clear()


@tool
async def write(path: str, lines: list[str], mode: dict[str, Any]) -> int:
    """Write a file."""
    RECEIVED.append(to_json({"path": path, "lines": lines, "mode": mode}))
    return len(lines)


@tool(retries=1)
async def clumsy(lines: list[Any]) -> int:
    """Change what it was given, then fail the first time."""
    RECEIVED.append(to_json(lines))
    lines.append("changed")
    lines[0]["path"] = "/etc/passwd"
    if len(RECEIVED) == 1:
        raise ProviderError("try again")
    return len(RECEIVED)


async def test_what_is_recorded_is_what_the_tool_receives(make_executor, spans):
    run = await run_text(make_executor(write), WRITTEN)
    (span,) = spans.get_finished_spans()
    assert RECEIVED == [span.attributes[semconv.TOOL_CALL_ARGUMENTS].encode()] == [to_json(MEANT)]
    assert run.parsed.calls[0].arguments == MEANT
    assert run.endings[0].result == 2


class Approval:
    """A stage that looks at the arguments while somebody changes the message that they came from."""

    message: dict[str, Any]
    approved: list[bytes]

    async def __call__(self, call, call_next):
        self.approved.append(to_json(call.arguments))
        self.message["functionCall"]["args"]["path"] = "/etc/passwd"
        self.message["functionCall"]["args"]["lines"].append("more")
        return await call_next(call)


async def test_what_is_approved_is_what_the_tool_receives_whatever_happens_to_the_message(make_executor, settings):
    settings.TOOL_STAGES = [*settings.TOOL_STAGES[:-1], f"{__name__}.Approval", settings.TOOL_STAGES[-1]]
    Approval.message = {"functionCall": {"name": "write", "args": json.loads(json.dumps(MEANT))}}
    Approval.approved = []
    await run_text(make_executor(write), Approval.message)
    assert Approval.approved == RECEIVED == [to_json(MEANT)]


async def test_a_second_attempt_gets_what_was_approved_and_not_what_the_first_made_of_it(make_executor):
    run = await run_text(make_executor(clumsy), '{"name": "clumsy", "arguments": {"lines": [{"path": "/tmp"}]}}')
    assert run.endings[0].result == 2
    assert RECEIVED == [b'[{"path":"/tmp"}]'] * 2


async def test_calls_of_a_text_run_side_by_side_in_its_order(make_executor):
    text = " ".join(
        f'{{"name": "write", "arguments": {json.dumps({**MEANT, "lines": ["a"] * n})}}}' for n in range(3)
    )
    run = await run_text(make_executor(write), text, max_concurrent=2)
    assert [ending.result for ending in run.endings] == [0, 1, 2]
    assert run.failure is None


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ('{"name": "write", "arguments": {"path": "a', UnreadableCall, "call_truncated"),
        ('{"name": "write", "arguments": [1]}', UnreadableCall, "call_not_an_object"),
        ('{"name": "wirte", "arguments": {}}', UnknownTool, "unknown_tool"),
        ('{"error": {"message": "overloaded"}}', ProviderError, "provider_error"),
    ],
)
async def test_what_cannot_be_run_is_recorded_and_is_the_failure_of_the_text(
    make_executor, spans, text, kind, code
):
    run = await run_text(make_executor(write), text, caller_role="coach")
    assert (type(run.failure), run.failure.code) == (kind, code)
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_CALL_ID] == run.failure.tool_call_id
    assert span.attributes[semconv.CALLER_ROLE] == "coach"
    assert not RECEIVED


async def test_the_failure_of_a_text_names_all_that_is_wrong(make_executor):
    text = '{"name": "wirte", "arguments": {}} and {"name": "write", "arguments": 5}'
    run = await run_text(make_executor(write), text)
    assert "Did you mean 'write'" in run.failure.detail
    assert "not an object" in run.failure.detail


async def test_bare_text_of_xml_is_read_by_the_tools_schema(make_executor):
    parameters = "".join(
        f"<parameter={name}>\n{value}\n</parameter>\n"
        for name, value in {"path": "12", "lines": "['1', '2']", "mode": '{"n": 1}'}.items()
    )
    run = await run_text(make_executor(write), f"<function=write>\n{parameters}</function>")
    assert json.loads(RECEIVED[0]) == {"path": "12", "lines": ["1", "2"], "mode": {"n": 1}}
    assert run.endings[0].result == 2


def test_the_known_tools_are_those_of_the_registry():
    registry = ToolRegistry()
    registry.register(write)
    known = KnownTools(registry)
    assert (list(known), len(known), "write" in known, "read" in known) == (["write"], 1, True, False)
    assert known["write"]["properties"]["path"]["type"] == "string"
    with pytest.raises(KeyError):
        known["read"]
