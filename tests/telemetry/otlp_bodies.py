"""Trace requests for tests that send them, right and wrong ones."""

import gzip
import json
import time
from copy import deepcopy
from random import Random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.ingest.otlp import JSON, PROTOBUF

TRACE_ID = b"TRACE_OF_A_TEST!"
Sent = tuple[bytes, dict[str, str]]


def a_body(spans: int = 3, trace_id: bytes = TRACE_ID) -> bytes:
    """A request in protobuf with so many tool calls of one trace."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope_spans = resource_spans.scope_spans.add()
    began = time.time_ns() - 10**9
    for number in range(1, spans + 1):
        span = scope_spans.spans.add(trace_id=trace_id, span_id=number.to_bytes(8, "big"), name="execute_tool crm")
        span.kind, span.start_time_unix_nano, span.end_time_unix_nano = 1, began, began + 5_000_000
        for key, value in (("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "crm")):
            span.attributes.add(key=key).value.string_value = value
        span.attributes.add(key="retries").value.int_value = number
        event = span.events.add(name="note", time_unix_nano=began)
        event.attributes.add(key="weight").value.double_value = 1.5
        span.links.add(trace_id=trace_id, span_id=b"\x07" * 8)
    return request.SerializeToString()


def a_document(spans: int, trace_id: bytes) -> dict[str, Any]:
    """The same as a JSON document."""
    began = str(time.time_ns() - 10**9)
    made = [
        {
            "traceId": trace_id.hex(),
            "spanId": f"{number:016x}",
            "name": "execute_tool crm",
            "kind": "SPAN_KIND_INTERNAL",
            "startTimeUnixNano": began,
            "endTimeUnixNano": began,
            "status": {"code": 1},
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
                {"key": "list", "value": {"arrayValue": {"values": [{"intValue": "1"}, {"doubleValue": 0.5}]}}},
            ],
            "events": [{"name": "note", "timeUnixNano": began, "attributes": []}],
            "links": [{"traceId": trace_id.hex(), "spanId": "07" * 8}],
        }
        for number in range(1, spans + 1)
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "s"}, "spans": made}]}]}


HOSTILE: list[Any] = [
    *(None, True, -1, 0, 2**63, 2**64, 10**400, -(2**70), 1e308, float("nan"), float("inf"), float("-inf")),
    *("", "\0", "\ud800", "x" * 100_000, "0" * 32, "NaN", "١٢", "zz" * 16, "ab" * 15, "SPAN_KIND_NONE"),
    *([], {}, [[]], [None], {"values": 1}, {"arrayValue": {"values": [None]}}, {"intValue": "many"}),
    {"kvlistValue": {"values": [{"key": "\0", "value": {"bytesValue": "!"}}]}},
]


def mutated(body: bytes, random: Random) -> bytes:
    """*body* with some bytes changed, taken out, put in or said twice."""
    made = bytearray(body)
    for _ in range(random.randint(1, 3)):
        at, end = sorted(random.choices(range(len(made) + 1), k=2))
        end = min(end, at + 40)
        match random.randrange(5):
            case 0 if at < len(made):
                made[at] = random.randrange(256)
            case 1:
                del made[at:end]
            case 2:
                made[at:at] = random.randbytes(random.randint(1, 20))
            case 3:
                made[at:at] = made[at:end]
            case _:
                made[at:end] = random.choice([b"\0", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b""]) * 3
    return bytes(made)


def spoiled(document: Any, random: Random) -> Any:
    """*document* with a hostile value somewhere."""
    holder = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        key = random.choice(list(keys))
        if not isinstance(holder[key], dict | list) or not holder[key] or random.random() < 0.1:
            holder[key] = deepcopy(random.choice(HOSTILE))
            return document
        holder = holder[key]


def hostile(number: int) -> Sent:
    """The malformed request *number*: its body and headers. The same each time, but for the time."""
    random, trace_id = Random(number), number.to_bytes(16, "big")
    if number % 50 == 0:
        return bombs(random, trace_id)
    if number % 2:
        return packed(mutated(a_body(3, trace_id), random), PROTOBUF, random)
    document = a_document(3, trace_id)
    for _ in range(random.randint(1, 3)):
        spoiled(document, random)
    text = json.dumps(document)
    return packed(mutated(text.encode(), random) if number % 10 == 0 else text.encode(), JSON, random)


def packed(body: bytes, content_type: str, random: Random) -> Sent:
    """*body*, at times compressed, cut off in its compression, or said to be what it is not."""
    headers = {"Content-Type": content_type}
    match random.randrange(12):
        case 0:
            return gzip.compress(body), headers | {"Content-Encoding": "gzip"}
        case 1:
            return gzip.compress(body)[:-6], headers | {"Content-Encoding": "gzip"}
        case 2:
            return body, headers | {"Content-Encoding": random.choice(["gzip", "deflate", "br", "\x7f"])}
        case 3:
            return body, {
                "Content-Type": random.choice(["text/plain", JSON, PROTOBUF, "application/json; charset=x"])
            }
    return body, headers


def bombs(random: Random, trace_id: bytes) -> Sent:
    """Large where it is unpacked, or deep."""
    deep: Any = {"stringValue": "bottom"}
    for _ in range(300):
        deep = {"arrayValue": {"values": [deep]}}
    document = a_document(1, trace_id)
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    match random.randrange(4):
        case 0:
            return gzip.compress(b"\0" * (65 << 20), 1), {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}
        case 1:
            span["attributes"] = [{"key": "deep", "value": deep}]
        case 2:
            span["attributes"] = [{"key": f"a{n}", "value": {"stringValue": "y" * 5_000}} for n in range(1_000)]
        case _:
            return b'{"resourceSpans":' * 50_000, {"Content-Type": JSON}
    return json.dumps(document).encode(), {"Content-Type": JSON}
