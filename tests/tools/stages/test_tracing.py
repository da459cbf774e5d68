import asyncio
import json
from dataclasses import replace

import pytest
from opentelemetry.trace import StatusCode

from telemetry import semconv
from tools.calls.call import Caller
from tools.errors import InvalidArguments, ProviderError, ToolBug
from tools.notifications.events import Events
from tools.process.background import BackgroundLoop
from tools.stages.tracing import Tracing, trace

FULL = Caller(
    role="coach",
    session_id="s1",
    context={"provider": "openai", "model": "gpt-5", "prompt_version": "v3", "agent": "closer", "team": "north"},
    api_key_name="web",
)


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


@pytest.fixture
def tracing(spans, background, clock):
    return Tracing(clock, Events(background, get_layer=lambda: None))


@pytest.fixture
def span_after(tracing, spans):
    async def run(call, rest):
        try:
            await tracing(call, rest)
        except (Exception, asyncio.CancelledError) as error:
            print("raised", error)
        (span,) = spans.get_finished_spans()
        return span

    return run


async def test_a_span_tells_who_called_what_with_what(span_after, make_call, after):
    call = make_call(payload={"text": "hi"}, caller=FULL)
    span = await span_after(call, after(7))
    assert span.name == "execute_tool echo"
    assert dict(span.attributes) == {
        semconv.OPERATION_NAME: "execute_tool",
        semconv.TOOL_NAME: "echo",
        semconv.TOOL_TYPE: "function",
        semconv.TOOL_CALL_ID: call.tool_call_id,
        semconv.TOOL_CALL_ARGUMENTS: '{"text":"hi"}',
        semconv.CALLER_ROLE: "coach",
        semconv.CONVERSATION_ID: "s1",
        semconv.API_KEY_NAME: "web",
        semconv.PROVIDER_NAME: "openai",
        semconv.REQUEST_MODEL: "gpt-5",
        semconv.PROMPT_VERSION: "v3",
        semconv.AGENT_NAME: "closer",
        "salesboost.context.team": "north",
        semconv.OUTCOME: "first_try",
        semconv.ATTEMPTS: 1,
        semconv.TOOL_CALL_RESULT: "7",
    }


async def test_a_failure_is_an_error_with_its_layer_and_sentence(span_after, make_call, after):
    error = ProviderError("the CRM is down", hint="ask again")
    span = await span_after(make_call(), after(error))
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "the CRM is down")
    assert span.attributes[semconv.OUTCOME] == "provider"
    assert span.attributes[semconv.ERROR_TYPE] == "provider_error"
    assert span.attributes[semconv.ERROR_HINT] == "ask again"
    assert error.tool_call_id == span.attributes[semconv.TOOL_CALL_ID]


async def test_the_callers_span_is_the_parent(span_after, tracing, make_call, after, spans):
    tracer = trace.get_tracer("agent")
    with tracer.start_as_current_span("chat") as parent:
        span = await span_after(make_call(), after())
    assert span.parent.span_id == parent.get_span_context().span_id


async def test_a_span_that_the_tool_starts_is_a_child(tracing, make_call, spans):
    async def rest(call):
        with trace.get_tracer("tool").start_as_current_span("query"):
            raise ProviderError("down")

    with pytest.raises(ProviderError):
        await tracing(make_call(), rest)
    inner, outer = spans.get_finished_spans()
    assert inner.parent.span_id == outer.context.span_id


async def test_a_fault_of_a_stage_is_a_bug_that_tells_nothing(tracing, make_call, after, caplog):
    with pytest.raises(ToolBug, match="could not be run") as caught:
        await tracing(make_call(), after(RuntimeError("secret")))
    assert "secret" not in str(caught.value)
    assert "secret" in caplog.text


async def test_a_cancelled_call_is_recorded_as_one_that_nobody_waited_for(span_after, make_call, after):
    span = await span_after(make_call(), after(asyncio.CancelledError()))
    assert (span.attributes[semconv.OUTCOME], span.attributes[semconv.ERROR_TYPE]) == ("timeout", "cancelled")


async def test_large_arguments_are_cut(span_after, make_call, after):
    span = await span_after(make_call(payload={"text": "é" * 50_000}), after())
    assert len(span.attributes[semconv.TOOL_CALL_ARGUMENTS]) == 16_000


@pytest.mark.parametrize("payload", [{"text": "\ud800"}, {"text": object()}], ids=["surrogate", "object"])
async def test_arguments_that_are_not_json_still_leave_a_span(span_after, make_call, after, payload):
    span = await span_after(make_call(payload=payload), after())
    assert json.loads(span.attributes[semconv.TOOL_CALL_ARGUMENTS])


async def test_a_callback_hears_of_start_and_end(tracing, make_call, after, clock):
    async def rest(call):
        clock.now += 0.5
        return await after(7)(call)

    heard = []
    await tracing(_with(make_call(caller=Caller(role="coach")), heard.append), rest)
    started, completed = (event["data"] for event in heard)
    assert (started["status"], started["latency_ms"], started["result_preview"]) == ("started", None, None)
    assert completed == {
        "tool_name": "echo",
        "status": "completed",
        "tool_call_id": started["tool_call_id"],
        "caller_role": "coach",
        "latency_ms": 500.0,
        "cached": False,
        "retry_count": 0,
        "result_preview": "7",
        "error": None,
    }
    assert heard[0]["event"] == "tool_status"


async def test_an_async_callback_hears_of_a_failure(tracing, make_call, after):
    heard = []

    async def callback(event):
        heard.append(event["data"])

    with pytest.raises(ProviderError):
        await tracing(_with(make_call(), callback), after(ProviderError("down")))
    assert [(event["status"], event["error"]) for event in heard] == [("started", None), ("failed", "down")]


async def test_a_callback_that_raises_does_not_break_the_call(tracing, make_call, after, caplog):
    def callback(event):
        raise ValueError("oops")

    assert (await tracing(_with(make_call(), callback), after(7))).result == 7
    assert "the status callback of call_" in caplog.text


def _with(call, callback):
    return replace(call, status_callback=callback)


async def test_bad_arguments_name_each_path_that_broke_the_schema(span_after, make_call):
    async def refuse(call):
        raise InvalidArguments("argument 'id' is missing.", violations=["id: missing", "limit: int_parsing"])

    span = await span_after(make_call(), refuse)
    assert span.attributes[semconv.VIOLATIONS] == ("id: missing", "limit: int_parsing")


async def test_a_call_that_fails_elsewhere_names_no_path(span_after, make_call):
    async def fail(call):
        raise ProviderError("down")

    assert semconv.VIOLATIONS not in (await span_after(make_call(), fail)).attributes
