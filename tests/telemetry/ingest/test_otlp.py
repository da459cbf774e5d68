import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Q
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry import api
from telemetry.ingest import otlp
from telemetry.ingest.received import MAX_DEPTH
from telemetry.models import Rollup, Span
from telemetry.recorder import intake, protocol
from telemetry.recorder.protocol import Head
from telemetry.store.batches import write_spans
from telemetry.store.writer import QueueFull, get_writer

PROTOBUF, JSON = otlp.PROTOBUF, otlp.JSON


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    start = provider.get_tracer("shop").start_as_current_span
    with start("chat gpt-4o"), start("execute_tool crm") as span:
        span.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "list": [1, 2]})
        span.add_event("note", {"weight": 1.5})
    return exporter.get_finished_spans()


@pytest.fixture
def send(rf):
    """Ask the view itself, as a caller whose key has *scopes*."""

    def send(body, content_type=PROTOBUF, *, scopes=("ingest",), method="post", **headers):
        request = getattr(rf, method)("/v1/traces", body, content_type=content_type, headers=headers)
        request.api_key = SimpleNamespace(scopes=scopes, name="shop") if scopes is not None else None
        return async_to_sync(api.traces)(request)

    return send


def stored():
    """The spans of these tests; a server of an earlier test may still store one of its own."""
    return Span.objects.filter(Q(series__tool="crm") | Q(own_name__in=["chat gpt-4o", "execute_tool crm"]))


def as_protobuf(spans):
    return encode_spans(spans).SerializeToString()


def as_json(spans):
    """OTLP's JSON: ids in hexadecimal, where protobuf's JSON has base64."""
    request = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    by_name = {span.name: span for span in spans}
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                original = by_name[span["name"]]
                span["traceId"] = f"{original.context.trace_id:032x}"
                span["spanId"] = f"{original.context.span_id:016x}"
                if original.parent:
                    span["parentSpanId"] = f"{original.parent.span_id:016x}"
    return json.dumps(request).encode()


def a_span(**changes):
    began = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1e9)
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "execute_tool crm",
        "kind": 1,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + 5_000_000),
    } | changes


def a_request(*spans):
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def test_protobuf_and_json_say_the_same(spans):
    from_protobuf, from_json = otlp.read(as_protobuf(spans), PROTOBUF), otlp.read(as_json(spans), JSON)
    assert from_protobuf == from_json
    tool, chat = from_protobuf.spans
    assert (tool.service, tool.attributes["list"], tool.events[0][2]) == ("shop", [1, 2], {"weight": 1.5})
    assert (tool.trace_id, tool.parent_span_id) == (chat.trace_id, chat.span_id)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "pack",
    [
        lambda body: (body, ""),
        lambda body: (gzip.compress(body), "gzip"),
        lambda body: (zlib.compress(body), "deflate"),
    ],
    ids=["plain", "gzip", "deflate"],
)
@pytest.mark.parametrize(
    ("encode", "content_type"), [(as_protobuf, PROTOBUF), (as_json, JSON)], ids=["protobuf", "json"]
)
def test_spans_are_in_the_store_when_the_answer_comes(send, spans, pack, encode, content_type):
    body, encoding = pack(encode(spans))
    answer = send(body, content_type, **({"Content-Encoding": encoding} if encoding else {}))
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer.content == (b"{}" if content_type == JSON else b"")
    assert sorted(stored().values_list("series__tool", "outcome")) == [("", ""), ("crm", "first_try")]
    send(body, content_type, **({"Content-Encoding": encoding} if encoding else {}))
    assert Rollup.objects.at(60).tallies()[()].calls == 1


BAD = {
    "a short trace id": {"traceId": "5b8e"},
    "a trace id that is no hexadecimal": {"traceId": "x" * 32},
    "a trace id of zeros": {"traceId": "0" * 32},
    "no span id": {"spanId": ""},
    "no start": {"startTimeUnixNano": 0},
    "a start that is no number": {"startTimeUnixNano": "noon"},
    "a start beyond every clock": {"startTimeUnixNano": 2**63},
    "a start long ago": {"startTimeUnixNano": 10**18},
    "attributes that are no list": {"attributes": {"a": 1}},
    "events that are no list": {"events": "none"},
    "an integer that is none": {"attributes": [{"key": "a", "value": {"intValue": "many"}}]},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_a_bad_span_is_left_out_and_the_good_one_beside_it_kept(changes):
    body = a_request(a_span(spanId="1" * 16), a_span(**changes))
    rows, received = intake.rows_of(Head(JSON), body)
    assert [row.span_id for row in rows] == [0x1111111111111111]
    assert received.rejected == 1
    assert received.message.startswith("1 refused: ")


@pytest.mark.django_db(transaction=True)
def test_rejections_are_told(send):
    answer = send(a_request(a_span(), a_span(traceId="")), JSON)
    assert json.loads(answer.content) == {
        "partialSuccess": {
            "rejectedSpans": "1",
            "errorMessage": "1 refused: an id has 0 hexadecimal digits instead of 32",
        }
    }
    assert stored().count() == 1


@pytest.mark.django_db(transaction=True)
def test_rejections_are_told_in_protobuf_too(send, spans):
    request = encode_spans(spans)
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
    answer = ExportTraceServiceResponse.FromString(send(request.SerializeToString()).content)
    assert answer.partial_success.rejected_spans == 1
    assert "5 bytes instead of 16" in answer.partial_success.error_message


HOSTILE = {
    "nul and half a character": [{"key": "a\x00", "value": {"stringValue": "x\x00\ud800y"}}],
    "not a number": [{"key": "a", "value": {"doubleValue": float("nan")}}],
    "a huge integer": [{"key": "a", "value": {"intValue": 10**300}}],
    "no value": [{"key": "a"}, {"value": None}],
    "a name of the outcome that does not exist": [{"key": "salesboost.outcome", "value": {"stringValue": "x"}}],
    "a megabyte": [{"key": "gen_ai.tool.call.arguments", "value": {"stringValue": "ß" * 1_000_000}}],
    "many attributes": [{"key": f"a{number}", "value": {"boolValue": True}} for number in range(10_000)],
    "numbers for names": [
        {"key": name, "value": {"intValue": "-7"}}
        for name in (
            "gen_ai.tool.name",
            "gen_ai.operation.name",
            "salesboost.attempts",
            "gen_ai.usage.input_tokens",
        )
    ],
    "keys as long as novels": [
        {"key": f"gen_ai.{name}", "value": {"stringValue": "\U0001f600" * 5_000}}
        for name in ("tool.name", "request.model", "provider.name", "operation.name", "conversation.id")
    ],
}


@pytest.mark.django_db
@pytest.mark.parametrize("attributes", HOSTILE.values(), ids=HOSTILE)
def test_hostile_attributes_are_stored_in_a_form_that_does_no_harm(attributes):
    tool = [{"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}}]
    body = a_request(a_span(attributes=tool + attributes, name="x" * 10_000))
    rows, received = intake.rows_of(Head(JSON), body)
    assert received.rejected == 0
    assert write_spans(rows) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", JSON),
        (b"[]", JSON),
        (b'{"resourceSpans": 1}', JSON),
        (b'{"resourceSpans": [[]]}', JSON),
        (b"[" * 100_000, JSON),
        (b"\xff\xfe", JSON),
        (b"\xff" * 100, PROTOBUF),
        (b"not protobuf", PROTOBUF),
    ],
)
def test_a_body_that_is_no_trace_request_is_a_clear_400(send, body, content_type):
    answer = send(body, content_type)
    assert answer.status_code == 400
    message = (
        json.loads(answer.content)["message"]
        if content_type == JSON
        else Status.FromString(answer.content).message
    )
    assert message.startswith("The body is no")


def test_attributes_nested_without_end_are_cut():
    deep = {"stringValue": "bottom"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    [span] = otlp.read(a_request(a_span(attributes=[{"key": "a", "value": deep}])), JSON).spans
    assert json.dumps(span.attributes["a"]).count("[") == MAX_DEPTH


@pytest.mark.parametrize(
    ("headers", "body", "content_type", "status"),
    [
        ({}, b"", "text/plain", 415),
        ({"Content-Encoding": "br"}, b"", PROTOBUF, 415),
        ({"Content-Encoding": "gzip"}, b"not gzip", PROTOBUF, 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 1000)[:-9], PROTOBUF, 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"\0" * ((64 << 20) + 1), 1), PROTOBUF, 413),
        ({}, b"\0" * (protocol.MAX_BODY_BYTES + 1), PROTOBUF, 413),
    ],
    ids=["text", "brotli", "no gzip", "cut off", "a bomb", "too large"],
)
def test_a_request_that_cannot_be_taken_is_told_why(send, headers, body, content_type, status):
    answer = send(body, content_type, **headers)
    assert answer.status_code == status
    assert Status.FromString(answer.content).message


def test_without_a_key_nothing_is_taken(send):
    answer = send(b"", scopes=None)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_key_without_the_scope_may_not_send_spans(send):
    answer = send(b"{}", JSON, scopes={"execute"})
    assert answer.status_code == 403
    assert "ingest" in json.loads(answer.content)["message"]


def test_only_post_is_taken(send):
    answer = send({}, method="get")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_full_queue_is_503_with_the_time_to_come_back(send, spans, monkeypatch):
    def full(rows, **options):
        raise QueueFull

    monkeypatch.setattr(get_writer(), "submit", full)
    answer = send(as_protobuf(spans))
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert Status.FromString(answer.content).code == 14
