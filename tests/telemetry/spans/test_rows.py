import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from telemetry.journal.journal import RECORD_MAX_BYTES
from telemetry.spans.finished import SpanFacts, decode, encode
from telemetry.spans.rows import Unstorable, row_from_facts, row_from_readable_span
from telemetry.values.texts import both_ends

START = 1_800_000_000_123_456_789


def facts(attributes=None, **changes):
    values = {"trace_id": 1, "span_id": 2, "name": "a span", "start_ns": START, "end_ns": START + 5_000_000}
    return SpanFacts(**values | changes, attributes=attributes or {})


def row(attributes=None, **changes):
    return row_from_facts(facts(attributes, **changes), payload_max_chars=1000)


def tool(attributes=None, **changes):
    return row(
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm"} | (attributes or {}), **changes
    )


def finished(fill):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("tests").start_as_current_span("execute_tool crm") as span:
        fill(span)
    return exporter.get_finished_spans()[0]


def test_a_span_of_the_sdk_becomes_a_row():
    def fill(span):
        span.set_attributes(
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "salesboost.attempts": 3}
        )
        span.set_attributes({"salesboost.outcome": "timeout", "error.type": "timeout", "shop.colours": ["red"]})
        span.add_event("salesboost.attempt", {"salesboost.attempt.number": 1})
        span.set_status(Status(StatusCode.ERROR, "it took too long"))

    span = finished(fill)
    made = row_from_readable_span(span, 1000)
    assert (made.series.tool, made.outcome, made.attempts, made.status, made.series.kind) == (
        "crm",
        "timeout",
        3,
        2,
        1,
    )
    assert (made.error_type, made.error_message) == ("timeout", "it took too long")
    assert made.attributes == {"shop.colours": ["red"]}
    assert made.events[0]["attributes"] == {"salesboost.attempt.number": 1}
    assert made.duration_ms == pytest.approx((span.end_time - span.start_time) / 1e6)


def test_times_and_ids_keep_their_precision():
    made = row(span_id=2**64 - 1, parent_span_id=2**63)
    assert made.start_time == datetime.fromtimestamp(START // 10**9, UTC).replace(microsecond=123456)
    assert (made.start_ns, made.duration_ms, made.span_id, made.parent_span_id) == (789, 5.0, -1, -(2**63))


def test_an_end_before_the_start_is_no_time_at_all():
    assert row(end_ns=START - 1).duration_ms == 0


@pytest.mark.parametrize("changes", [{"trace_id": 0}, {"span_id": 0}, {"start_ns": 0}, {"start_ns": 2**63}])
def test_a_span_without_ids_or_a_possible_time_is_unstorable(changes):
    with pytest.raises(Unstorable):
        row(**changes)


def test_payloads_are_kept_apart_redacted_and_cut():
    made = tool({"gen_ai.tool.call.arguments": '{"password": "hunter2"}', "gen_ai.tool.call.result": "x" * 5000})
    assert made.arguments == '{"password": "[redacted]"}'
    assert made.result == both_ends("x" * 5000, 1000)
    assert made.attributes == {}


def test_secrets_are_taken_out_of_attributes_events_and_errors():
    made = row(
        {"http.request.header.authorization": "Bearer abc", "note": "sk-abcdefghijklmnopqrst"},
        status=2,
        status_message="refused Bearer abcdefghijklmnopqrst",
        events=[("log", START, {"api_key": "k"})],
    )
    assert made.attributes == {"http.request.header.authorization": "[redacted]", "note": "[redacted]"}
    assert made.error_message == "refused Bearer [redacted]"
    assert made.events[0]["attributes"] == {"api_key": "[redacted]"}


def test_an_exception_tells_what_the_span_does_not():
    recorded = ("exception", START, {"exception.type": "ConnectError", "exception.message": "no route"})
    made = tool(status=2, events=[recorded])
    assert (made.outcome, made.error_type, made.error_message) == ("provider", "ConnectError", "no route")


def test_a_span_that_is_no_tool_call_has_no_outcome():
    assert row({"gen_ai.operation.name": "chat"}, status=2).outcome == ""


def test_messages_are_one_json_text():
    made = row({"gen_ai.input.messages": '[{"role": "user"}]', "gen_ai.completion": "hello"})
    assert json.loads(made.messages) == {"input": [{"role": "user"}], "output": "hello"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=5), st.text())
def test_whatever_a_span_holds_its_row_is_json_without_nul_or_nan(attributes, name):
    made = row(attributes, name=name, events=[("e", 1, attributes)])
    text = json.dumps([made.attributes, list(made.events), made.name], allow_nan=False)
    assert "\0" not in "".join(texts_in(json.loads(text)))
    text.encode()


def texts_in(value):
    """Every string of a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts_in(part)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("value", [2**70, -(2**70), "\ud800", b"\xff", ("a", None), {"deep": {"deeper": 2**80}}])
def test_the_journal_holds_what_the_sdk_lets_through(value):
    span = finished(lambda span: span.set_attribute("odd", value))
    assert "odd" in decode(encode(span)).attributes


def test_a_span_of_megabytes_is_cut_to_fit_the_journal():
    span = finished(lambda span: span.set_attributes({f"a{number}": "x" * 100_000 for number in range(40)}))
    record = encode(span)
    assert len(record) < RECORD_MAX_BYTES
    assert decode(record).attributes["a0"] == "x" * 1000


def test_words_that_are_no_text_are_kept_apart_though_they_are_equal():
    said = [1, True, "True", 1.0, ["a"], "1"]
    found = [row({"gen_ai.agent.name": word}).series.agent for word in said]
    assert found == ["1", "True", "True", "1.0", '["a"]', "1"]
