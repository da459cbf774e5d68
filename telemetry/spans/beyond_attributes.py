"""What another application's span says elsewhere than in the attribute of a field. Pure.

In its events (Strands writes arguments and results there), in the message that carried a tool's result, in the
metadata of LangChain: what ``spans.attribute_mapping`` cannot tell from the names of the attributes alone.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from telemetry import semconv as sc
from telemetry.outcomes import failures
from telemetry.outcomes.classification import is_tool_error
from telemetry.spans import dialects
from telemetry.spans.asked_calls import with_asked
from telemetry.spans.attribute_mapping import Reading, Said, plan_of
from telemetry.spans.finished import REDACT_CHARS, AnyAttributes, Events, SpanFacts, without_secrets
from telemetry.values import envelopes
from telemetry.values.texts import LEFT_OUT

# What stands where there is no id.
NO_IDS = ("<not specified>", "None", "null", "undefined")
STATUS_ERROR = 2
# What is left of a text that was longer than what is kept has at least so many, less what was redacted.
LONG_CHARS = REDACT_CHARS // 2
# Names of LangChain's classes that its instrumentations in JavaScript give for the name of a tool.
CLASSES = frozenset({"DynamicStructuredTool", "DynamicTool", "StructuredTool"})
# Events with a tool's arguments and its result, and the attribute that holds them.
_ARGUMENTS_EVENTS = {"gen_ai.tool.message": "content"}
_RESULT_EVENTS = {"gen_ai.choice": "message"}
DETAILS = "gen_ai.client.inference.operation.details"
METADATA, _LANGCHAIN = "metadata", '"ls_'  # of which some keys begin so: "ls_integration", "ls_provider"


def heard(facts: SpanFacts, reading: Reading, said: Said, operation: str) -> tuple[Said, str | None]:
    """What the span of *facts* says, beyond what its attributes by their *reading* have *said*; and what a tool's
    result tells of a failure, None if it is fine.
    """
    attributes = facts.attributes
    if operation == sc.OPERATION_EXECUTE_TOOL:
        changed, failure = _of_tool(facts, attributes, said)
    else:
        failure = None
        changed = _messages(facts) if facts.events and not said.input_messages else {}
        if operation in sc.CHATS and (reading.asked or facts.events):
            output = changed.get("output_messages", said.output_messages)
            with_calls = with_asked(output, attributes, reading.asked, facts.events)
            if with_calls is not output:
                changed["output_messages"] = with_calls
    if (metadata := attributes.get(METADATA)) and isinstance(metadata, str) and _LANGCHAIN in metadata:
        changed |= _of_metadata(metadata, said, operation)
    if not said.agent and operation == dialects.INVOKE_AGENT and (agent := _agent(facts.name, attributes)):
        changed.setdefault("agent", agent)
    return (said._replace(**changed) if changed else said), failure


def _of_tool(facts: SpanFacts, attributes: AnyAttributes, said: Said) -> tuple[dict[str, Any], str | None]:
    """What of a tool call is otherwise than *said*, and what its result tells of a failure."""
    arguments, result = _written(attributes, said, facts.events)
    changed: dict[str, Any] = {}
    if (given := envelopes.arguments(arguments)) is not said.arguments:
        changed["arguments"] = given
    if said.tool_call_id in NO_IDS:
        changed["tool_call_id"] = None
    is_cut = facts.sent is not None and type(result) is str and len(result) >= LONG_CHARS and LEFT_OUT in result
    whole = _whole(facts) if is_cut else result
    failed = facts.status == STATUS_ERROR or _says_error(attributes)
    if envelopes.is_plain(whole) and not failed:
        return changed if result is said.result else changed | {"result": result}, None
    opened = envelopes.opened(whole)
    changed |= _of_message(facts, said, opened)
    if opened.value is not whole:
        result = _redacted(opened.value) if is_cut else opened.value
    if result is not said.result:
        changed["result"] = result
    failure = failures.failure_of(opened)
    if failure is None and failed:
        failure = _of_failed(facts, attributes, said, opened)
    return changed, _redacted(failure) if is_cut and failure else failure


def _written(attributes: AnyAttributes, said: Said, events: Events) -> tuple[Any, Any]:
    """The arguments and the result of a tool, as they are *said* or else in the *events*."""
    arguments, result = said.arguments, said.result
    if events and (arguments is None or result is None):
        told_arguments, told_result = _of_events(events)
        arguments = told_arguments if arguments is None else arguments
        result = told_result if result is None else result
    return arguments, _text_of(result) if dialects.TOOL_STATUS in attributes else result


def _whole(facts: SpanFacts) -> Any:
    """The result of a tool as it was sent, not its ends alone: what tells of a failure may stand anywhere."""
    attributes, events = facts.sent or ({}, ())
    return _written(attributes, plan_of(tuple(attributes)).of_tool.said(attributes), events)[1]


def _redacted(value: Any) -> Any:
    return without_secrets({sc.TOOL_CALL_RESULT: value})[sc.TOOL_CALL_RESULT]


def _of_message(facts: SpanFacts, said: Said, opened: envelopes.Opened) -> dict[str, Any]:
    """What the message that carried a result says of its call."""
    found: dict[str, Any] = {}
    if opened.call_id and not said.tool_call_id:
        found["tool_call_id"] = opened.call_id
    if opened.tool and (said.tool or said.entity or facts.name.rpartition(" ")[2]) in CLASSES:
        found["tool"] = opened.tool
    return found


def _of_failed(facts: SpanFacts, attributes: AnyAttributes, said: Said, opened: envelopes.Opened) -> str | None:
    """What a tool gave back as an error, of a span that failed; None if something was raised."""
    if said.error_type and not is_tool_error(said.error_type):
        return None
    # Where the span's status says nothing of it, no exception is read either.
    if facts.status == STATUS_ERROR and any(name == "exception" for name, _, _ in facts.events):
        return None
    if isinstance(opened.parsed, Mapping) and (words := failures.words_of(opened.parsed)):
        return words
    if _says_error(attributes):
        written = str(facts.status_message or said.error_message or "")
        return written or _words_in(opened.parsed) or failures.UNSAID
    return None


def _says_error(attributes: AnyAttributes) -> bool:
    """Whether the span names the status of its tool's result, and that one is an error."""
    return str(attributes.get(dialects.TOOL_STATUS)).lower() == "error"


def _words_in(result: Any) -> str:
    """What a *result* says that is text, or blocks of which the first is."""
    blocks = _decoded(result)
    return failures.words_of({"content": blocks}) if isinstance(blocks, str | list) else ""


def _of_metadata(metadata: str, said: Said, operation: str) -> dict[str, Any]:
    """What LangChain's *metadata* of a run tell of it that the span has not *said*."""
    told = _json(metadata)
    found = {
        "agent": said.agent or told.get(dialects.LANGCHAIN_AGENT),
        "session_id": said.session_id
        or next((told[name] for name in dialects.LANGCHAIN_SESSIONS if told.get(name)), None),
    }
    if operation != sc.OPERATION_EXECUTE_TOOL:
        named = said.provider and not dialects.is_framework(str(said.provider))
        found["provider"] = said.provider if named else told.get(dialects.LANGCHAIN_PROVIDER) or said.provider
        found["model"] = said.model or told.get(dialects.LANGCHAIN_MODEL)
    return {name: value for name, value in found.items() if value and isinstance(value, str)}


def _agent(span_name: str, attributes: AnyAttributes) -> str:
    """The agent of an agent's span, by its name where OpenInference made it."""
    if dialects.LOGFIRE in attributes:
        return str(attributes.get(dialects.LOGFIRE_NAME) or "")
    if dialects.OPENINFERENCE_KIND not in attributes:
        return ""
    for ending in dialects.AGENT_METHODS:
        span_name = span_name.removesuffix(ending)
    return span_name


def _of_events(events: Events) -> tuple[Any, Any]:
    """The arguments and the result of a tool in a span's *events*; None for what is not there."""
    arguments = result = None
    for name, _, said in events:
        if name == DETAILS:
            arguments = _part(said.get(sc.INPUT_MESSAGES), "arguments") or arguments
            result = _part(said.get(sc.OUTPUT_MESSAGES), "response") or result
        elif name in _ARGUMENTS_EVENTS:
            arguments = said.get(_ARGUMENTS_EVENTS[name], arguments)
        elif name in _RESULT_EVENTS:
            result = _text_of(said.get(_RESULT_EVENTS[name], result))
    return arguments, result


def _messages(facts: SpanFacts) -> dict[str, Any]:
    """The messages of a call of a model, where events have them."""
    found: dict[str, Any] = {}
    for name, _, said in facts.events:
        if name == DETAILS:
            for field, attribute in (
                ("input_messages", sc.INPUT_MESSAGES),
                ("output_messages", sc.OUTPUT_MESSAGES),
            ):
                if attribute in said:
                    found[field] = said[attribute]
    return found


def _part(messages: Any, name: str) -> Any:
    """What the one part of *messages* has under *name*."""
    match _decoded(messages):
        case [{"parts": [{} as part]}] if name in part:
            return _text_of(part[name])
    return None


def _text_of(blocks: Any) -> Any:
    """The text of a result that is one block of text, as Strands gives it; else the *blocks*."""
    match _decoded(blocks):
        case [{"text": str() as text} as block] if len(block) == 1:
            return text
    return blocks


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(("[", "{")):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


def _json(text: str) -> Mapping[str, Any]:
    found = _decoded(text)
    return found if isinstance(found, Mapping) else {}
