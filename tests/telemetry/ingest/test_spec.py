"""What the OTLP specification asks of a receiver, and what is told where something is refused or left out."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from telemetry.ingest import otlp
from telemetry.ingest.build import build
from telemetry.values.texts import MAX_ATTRIBUTES
from tests.telemetry.otlp_bodies import TRACE_ID, a_body, a_document

PROTOBUF, JSON = otlp.PROTOBUF, otlp.JSON


def taken(request, now=None):
    """The rows of *request*, a document or a message, and what was received."""
    body = json.dumps(request).encode() if isinstance(request, dict) else request.SerializeToString()
    received = otlp.read(body, JSON if isinstance(request, dict) else PROTOBUF)
    return build(received, now or datetime.now(UTC)), received


def a_message(spans=1):
    return ExportTraceServiceRequest.FromString(a_body(spans))


def first_span(message):
    return message.resource_spans[0].scope_spans[0].spans[0]


def a_json_span(**changes):
    document = a_document(1, TRACE_ID)
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= changes
    return document


def as_otlp_json(message):
    """*message* in OTLP's JSON: ids in hexadecimal, where protobuf's JSON has base64."""
    document = MessageToDict(message)
    [scope] = document["resourceSpans"][0]["scopeSpans"]
    for made, span in zip(scope["spans"], message.resource_spans[0].scope_spans[0].spans, strict=True):
        made |= {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex().upper()}
        for link, original in zip(made.get("links", []), span.links, strict=True):
            link |= {"traceId": original.trace_id.hex(), "spanId": original.span_id.hex()}
    return document


def rich_message():
    message = a_message()
    resource, scope, span = (
        message.resource_spans[0],
        message.resource_spans[0].scope_spans[0],
        first_span(message),
    )
    resource.resource.attributes.add(key="host.cpus").value.int_value = 8
    resource.schema_url = "https://opentelemetry.io/schemas/1.30.0"
    scope.scope.name, scope.scope.version = "shop.agent", "0.1"
    scope.scope.attributes.add(key="beta").value.bool_value = True
    span.trace_state, span.flags, span.dropped_attributes_count, span.dropped_events_count = "a=b", 0x301, 4, 5
    span.start_time_unix_nano = span.start_time_unix_nano // 1000 * 1000 + 789
    span.attributes.add(key="blob").value.bytes_value = b"\0\xff"
    span.attributes.add(key="tags").value.array_value.values.add().string_value = "x"
    pair = span.attributes.add(key="map").value.kvlist_value.values.add(key="pi")
    pair.value.double_value = 3.14
    span.links[0].trace_state = "c=d"
    return message


def test_what_otlp_says_beside_attributes_is_kept_exactly():
    [row], received = taken(rich_message())
    assert received.message == ""
    assert row.start_ns == 789
    assert json.loads(row.source.resource) == {
        "service.name": "shop",
        "host.cpus": 8,
        "otel.schema_url": "https://opentelemetry.io/schemas/1.30.0",
    }
    assert (row.source.scope_name, row.source.scope_version) == ("shop.agent", "0.1")
    assert json.loads(row.source.scope_attributes) == {"beta": True}
    assert row.attributes == {
        **{"retries": 1, "blob": "AP8=", "tags": ["x"], "map": {"pi": 3.14}},
        **{"otel.trace_state": "a=b", "otel.flags": 0x301},
        **{"otel.dropped_attributes_count": 4, "otel.dropped_events_count": 5},
    }
    assert row.links == [
        {"trace_id": TRACE_ID.hex(), "span_id": "07" * 8, "attributes": {"otel.trace_state": "c=d"}}
    ]


def test_json_with_names_for_enumerations_and_numbers_in_text_says_the_same_as_protobuf():
    message = rich_message()
    first_span(message).status.code = 2
    document = as_otlp_json(message)
    assert document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["kind"] == "SPAN_KIND_INTERNAL"
    assert taken(document)[0] == taken(message)[0]


@pytest.mark.parametrize("kind", [3, "3", "SPAN_KIND_CLIENT"])
def test_an_enumeration_is_a_number_or_a_name(kind):
    assert taken(a_json_span(kind=kind))[0][0].series.kind == 3


def test_what_is_not_known_is_ignored():
    document = a_json_span(inventedField={"a": 1}) | {"alsoInvented": []}
    assert len(taken(document)[0]) == 1


@pytest.mark.parametrize("keep", [False, True])
def test_of_what_was_received_only_what_is_forwarded_stays_in_memory(keep):
    request = a_message(5)
    request.resource_spans[0].scope_spans[0].spans[2].start_time_unix_nano = 1  # long ago: refused
    received = otlp.read(request.SerializeToString(), PROTOBUF)
    ids = [facts.span_id for facts in received.spans]
    rows = build(received, datetime.now(UTC), keep=keep)
    assert len(rows) == 4 and received.rejected == 1
    assert [facts.span_id for facts in received.spans] == ([*ids[:2], *ids[3:]] if keep else [])


@pytest.mark.parametrize("body", [b"", ExportTraceServiceRequest().SerializeToString()])
def test_an_empty_request_is_a_success(body):
    received = otlp.read(body, PROTOBUF)
    assert (received.spans, received.rejected, received.message) == ([], 0, "")
    assert otlp.read(b"{}", JSON) == received
    assert (otlp.answer(PROTOBUF), otlp.answer(JSON)) == (b"", b"{}")


def test_what_was_left_out_is_told_though_nothing_was_refused():
    message = a_message()
    deep = first_span(message).attributes.add(key="deep").value
    for _ in range(20):
        deep = deep.array_value.values.add()
    for number in range(MAX_ATTRIBUTES):
        first_span(message).attributes.add(key=f"a{number}").value.bool_value = True
    rows, received = taken(message)
    assert (len(rows), received.rejected) == (1, 0)
    assert received.message == (
        "4 attributes beyond 128 of a span left out; 1 values nested deeper than 8 levels left out"
    )
    told = ExportTraceServiceResponse.FromString(otlp.answer(PROTOBUF, 0, received.message)).partial_success
    assert (told.rejected_spans, told.error_message) == (0, received.message)


@pytest.mark.parametrize(
    ("sender_is", "stored"),
    [
        (timedelta(minutes=50), True),
        (timedelta(hours=2), False),
        (timedelta(hours=-2), True),
        (timedelta(days=-29), True),
        (timedelta(days=-32), False),
    ],
    ids=["fifty minutes fast", "two hours fast", "two hours slow", "29 days old", "32 days old"],
)
def test_a_wrong_clock_is_taken_as_far_as_there_are_partitions(sender_is, stored, settings):
    settings.RETENTION_DAYS = 30
    rows, received = taken(a_message(2), now=datetime.now(UTC) - sender_is)
    assert (len(rows), received.rejected) == ((2, 0) if stored else (0, 2))
    assert stored or received.message.startswith("2 refused: it began")
