"""Stored spans, exported and sent to an empty store, make the same rows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.exports.otlp_json import key_of, trace_as_otlp_json
from telemetry.ingest import otlp
from telemetry.models import Series, Source, Span, SpanPayload
from telemetry.spans.dialects import ALIASES, OTHER_VALUES, TOOL_VALUES
from telemetry.spans.rows import SpanRow, row_from_facts
from telemetry.store import copy_text
from telemetry.store.batch_sql import PAYLOAD, SPAN
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON

pytestmark = pytest.mark.django_db
LIMIT = 16_000
START_NS = int(NOON.timestamp()) * 10**9 + 123_456_789


def ingest(request: dict[str, Any]) -> None:
    received = otlp.read(json.dumps(request).encode(), otlp.JSON)
    assert received.rejected == 0
    write_spans([row_from_facts(facts, LIMIT) for facts in received.spans])


def stored() -> dict[str, Any]:
    """All that is stored of all spans, with what their ids of dictionaries stand for."""
    rows = {}
    for span in Span.objects.whole():
        columns = {
            field.attname: getattr(span, field.attname)
            for field in span._meta.fields
            if field.name not in ("pk", "stored_at")
        }
        series = {key: value for key, value in vars(span.series).items() if key not in ("_state", "first_seen_at")}
        source = {key: value for key, value in vars(span.source).items() if key not in ("_state", "first_seen_at")}
        rows[span.trace_id, span.span_id] = (columns, series, source, span.attributes, span.name)
    payloads = {key_of(one): (one.arguments, one.result, one.messages) for one in SpanPayload.objects.all()}
    return {"spans": rows, "payloads": payloads}


def export() -> dict[str, Any]:
    payloads = {key_of(payload): payload for payload in SpanPayload.objects.all()}
    # What leaves is JSON: what could not be written would be found here.
    return json.loads(json.dumps(trace_as_otlp_json(Span.objects.whole().order_by("start_time"), payloads)))


def empty_the_store() -> None:
    for model in (Span, SpanPayload):
        model.objects.all().delete() if model is SpanPayload else Span.objects.get_queryset()._raw_delete(
            "default"
        )


def assert_round_trip(request: dict[str, Any]) -> dict[str, Any]:
    ingest(request)
    before, exported = stored(), export()
    empty_the_store()
    assert not Span.objects.exists()
    ingest(exported)
    assert stored() == before
    return exported


def request_of(*spans: dict[str, Any], scope: Any = None) -> dict[str, Any]:
    resource = {"attributes": attributes({"service.name": "sales-agent", "host.cpu.count": 4})}
    scope = scope or {"name": "my.tracer", "version": "1.2", "attributes": attributes({"team": "north"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": list(spans)}]}]}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return [{"key": key, "value": {kinds[type(value)]: value}} for key, value in values.items()]


def span(number: int = 1, took_ns: int = 1_234_567, **changes: Any) -> dict[str, Any]:
    said = changes.pop("attributes", {})
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"{number:016x}",
        "name": "execute_tool crm",
        "kind": 3,
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + number + took_ns),
        "attributes": attributes(said),
        "status": {},
    } | changes


CALL = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "crm",
    "gen_ai.tool.call.id": "c1",
    "gen_ai.tool.call.arguments": '{"customer_id": "CUST001"}',
    "gen_ai.tool.call.result": '{"seats": 12}',
    "gen_ai.conversation.id": "s42",
    "customer.tier": "gold",
    "ratio": 0.25,
    "whole": 2.0,
    "ok": True,
}
MODEL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 812,
    "gen_ai.usage.output_tokens": 64,
    "gen_ai.input.messages": '[{"role": "user", "content": "What would 30 seats cost? Größe"}]',
    "gen_ai.output.messages": "It is $30.",
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "llama-3",
    "llm.provider": "groq",
    "llm.token_count.prompt": 7,
    "input.value": "hello",
    "output.value": '{"messages": []}',
    "session.id": "s1",
}


@pytest.mark.parametrize("said", [CALL, MODEL, OPENINFERENCE, {}])
def test_the_rows_are_the_same(said):
    assert_round_trip(request_of(span(attributes=said, name="whatever"), span(2, attributes=said)))


def test_times_are_exact_to_the_nanosecond():
    exported = assert_round_trip(request_of(span(took_ns=7_200_000_000_001)))
    [found] = exported["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert int(found["startTimeUnixNano"]) == START_NS + 1
    assert int(found["endTimeUnixNano"]) == START_NS + 1 + 7_200_000_000_001


def test_a_failed_call_with_events_and_links_keeps_all_of_it():
    exception = {"exception.type": "TimeoutError", "exception.message": "no answer"}
    events = [{"name": "exception", "timeUnixNano": str(START_NS + 9), "attributes": attributes(exception)}]
    links = [{"traceId": "ab" * 16, "spanId": "cd" * 8, "attributes": attributes({"why": "retry of"})}]
    failed = {"code": 2, "message": "no answer after 5 s"}
    exported = assert_round_trip(
        request_of(span(attributes=CALL, status=failed, events=events, links=links, parentSpanId="ff" * 8))
    )
    [found] = exported["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert found["status"]["code"] == 2
    assert found["parentSpanId"] == "ff" * 8
    assert found["links"][0]["spanId"] == "cd" * 8


def test_a_tool_that_returned_a_failure_stays_failed():
    result = {"gen_ai.tool.call.result": '{"success": false, "error": "no such customer"}'}
    assert_round_trip(request_of(span(attributes=CALL | result)))
    assert Span.objects.get().outcome == "returned_failure"


def test_spans_of_two_scopes_stay_apart():
    request = request_of(span(1))
    request["resourceSpans"] += request_of(span(2), scope={"name": "other"})["resourceSpans"]
    exported = assert_round_trip(request)
    names = [group["scopeSpans"][0]["scope"]["name"] for group in exported["resourceSpans"]]
    assert sorted(names) == ["my.tracer", "other"]


def test_what_stands_beside_attributes_goes_back_to_its_field():
    beside = {"traceState": "vendor=1", "flags": 257, "droppedAttributesCount": 3, "droppedLinksCount": 1}
    links = [{"traceId": "ab" * 16, "spanId": "cd" * 8, "traceState": "v=2", "flags": 1}]
    request = request_of(span(links=links, **beside))
    request["resourceSpans"][0] |= {"schemaUrl": "https://example.org/1"}
    request["resourceSpans"][0]["scopeSpans"][0] |= {"schemaUrl": "https://example.org/2"}
    [group] = assert_round_trip(request)["resourceSpans"]
    [scope] = group["scopeSpans"]
    [found] = scope["spans"]
    assert {name: found[name] for name in beside} == beside
    assert (group["schemaUrl"], scope["schemaUrl"]) == ("https://example.org/1", "https://example.org/2")
    assert found["links"][0]["flags"] == 1


def test_nested_and_empty_attributes_come_back():
    nested = {
        "arrayValue": {"values": [{"intValue": "1"}, {"kvlistValue": {"values": attributes({"a": "b"})}}, {}]}
    }
    odd = [{"key": "nested", "value": nested}, {"key": "empty", "value": {}}, *attributes({"": "no name"})]
    made = span() | {"attributes": odd}
    assert_round_trip(request_of(made))


def test_a_text_that_was_cut_goes_out_as_far_as_it_was_kept():
    long = json.dumps([{"role": "user", "content": "x" * 2 * LIMIT}])
    ingest(request_of(span(attributes=MODEL | {"gen_ai.input.messages": long})))
    [group] = export()["resourceSpans"]
    said = {one["key"]: one["value"] for one in group["scopeSpans"][0]["spans"][0]["attributes"]}
    assert "xxxx" in said["gen_ai.input.messages"]["stringValue"]


WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
# Each name by which some vocabulary says what has a column or is a payload.
SPOKEN = sorted(
    {name for each in (ALIASES, TOOL_VALUES, OTHER_VALUES) for names in each.values() for name in names}
)
VALUES = st.one_of(
    WORDS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)
)


def in_memory(row: SpanRow) -> tuple[Span, SpanPayload]:
    """*row* as it would come out of the store."""
    columns = {name: getattr(row, name) for name in SPAN if name not in (*copy_text.IDS, "attributes")}
    series, source = Series(id=1, **row.series._asdict()), Source(id=1, **row.source._asdict())
    for name in ("resource", "scope_attributes"):
        setattr(source, name, json.loads(getattr(source, name)))
    span = Span(series=series, source=source, own_attributes=dict(row.attributes), **columns)
    key = {name: columns[name] for name in ("start_time", "trace_id", "span_id")}
    return span, SpanPayload(**key, **{name: getattr(row, name) for name in PAYLOAD})


def row_of(request: dict[str, Any]) -> SpanRow:
    [facts] = otlp.read(json.dumps(request).encode(), otlp.JSON).spans
    return row_from_facts(facts, LIMIT)


@given(
    st.dictionaries(
        st.sampled_from([*CALL, *MODEL, *OPENINFERENCE, "mine", "gen_ai.system", "error.type"]), WORDS
    ),
    st.dictionaries(WORDS | st.sampled_from(SPOKEN), VALUES, max_size=4),
    st.integers(0, 2),
    st.integers(0, 10**13),
)
def test_whatever_was_sent_comes_back(known, own, status, took_ns):
    row = row_of(request_of(span(took_ns=took_ns, attributes=own | known, status={"code": status})))
    stored_span, payload = in_memory(row)
    assert row_of(trace_as_otlp_json([stored_span], {key_of(payload): payload})) == row
