"""How much of a trace request becomes objects: bombs are refused before that, honest bodies are read."""

import gzip
import json
import time
import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.ingest.mending import mended
from telemetry.ingest.otlp import JSON, PROTOBUF
from telemetry.ingest.received import MAX_PART_VALUES, MAX_VALUES
from telemetry.recorder import intake, protocol
from telemetry.recorder.protocol import Head
from telemetry.values import json_size
from tests.telemetry.otlp_bodies import TRACE_ID, a_body, a_document

MB = 1 << 20


def values_of(document):
    """The marks of a document by another way: those of its text, its strings being without any."""
    text = json.dumps(document)
    return text.count(",") + text.count("[") + text.count("{")


def emptied(document):
    """*document* with every string replaced by one without marks, as long."""
    if isinstance(document, dict):
        return {f"k{number}": emptied(value) for number, value in enumerate(document.values())}
    if isinstance(document, list):
        return [emptied(value) for value in document]
    return "x" if isinstance(document, str) else document


documents = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab,[{"\\\n\u4e2d'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='k,["\\'), inner),
)


@given(documents, st.booleans(), st.integers(3, 40))
def test_marks_are_those_outside_of_strings_wherever_the_text_is_cut(document, ascii_only, piece):
    text, count = json.dumps(document, ensure_ascii=ascii_only).encode(), values_of(emptied(document))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_size, "PIECE_BYTES", piece)
        assert not json_size.holds_more(text, count)
        assert count == 0 or json_size.holds_more(text, count - 1)


def memory_mb(read):
    """The most that Python holds while *read* runs, in MB beyond what it held."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def in_spans(text):
    return b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + text + b"]}]}]}"


def span_with(text):
    times = b'"startTimeUnixNano":"%d","endTimeUnixNano":"%d"' % ((time.time_ns(),) * 2)
    return b'{"traceId":"%s","spanId":"%s",%s,"attributes":[%s]}' % (b"1" * 32, b"1" * 16, times, text)


def in_span(text):
    return in_spans(span_with(text))


def of_length(number, content):
    size, rest = b"", len(content)
    while rest > 0x7F:
        size, rest = size + bytes([rest & 0x7F | 0x80]), rest >> 7
    return bytes([number << 3 | 2]) + size + bytes([rest]) + content


SPAN = of_length(1, b"1" * 16) + of_length(2, b"1" * 8)
# Where the elements of a bomb may be: each is (content type, body before compression).
BOMBS = {
    "lists as a request": (JSON, b"[" + b"[]," * 10_000_000 + b"[]]"),
    "lists under a name that is not known": (JSON, b'{"x":[' + b"[]," * 10_000_000 + b"[]]}"),
    "lists as spans": (JSON, in_spans(b"[]," * 10_000_000 + b"[]")),
    "objects as resources": (JSON, b'{"resourceSpans":[' + b"{}," * 10_000_000 + b"{}]}"),
    "numbers": (JSON, in_span(b"1," * 15_000_000 + b"1")),
    "empty resources": (PROTOBUF, of_length(1, b"") * 30_000_000),
    "empty scopes": (PROTOBUF, of_length(1, of_length(2, b"") * 30_000_000)),
    "empty spans": (PROTOBUF, of_length(1, of_length(2, of_length(2, b"") * 30_000_000))),
    "fields that are not known": (PROTOBUF, b"\x98\x06\x01" * 20_000_000),
    "attributes over many spans": (
        PROTOBUF,
        of_length(1, of_length(2, of_length(2, SPAN + of_length(9, b"") * 40_000) * 100)),
    ),
}


@pytest.mark.parametrize(("content_type", "body"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_and_takes_no_memory(content_type, body):
    packed = gzip.compress(body, 1)
    assert len(packed) < protocol.MAX_BODY_BYTES

    def read():
        with pytest.raises(intake.Refusal) as refusal:
            intake.rows_of(Head(content_type, "gzip"), packed)
        assert (refusal.value.told.status, f"more than {MAX_VALUES:,} values" in refusal.value.told.message) == (
            413,
            True,
        )

    assert memory_mb(read) <= 150


PARTS = {
    "attributes": (PROTOBUF, of_length(9, b"") * 400_000),
    "elements of a list": (PROTOBUF, of_length(9, of_length(2, of_length(5, of_length(1, b"") * 400_000)))),
    "attributes of an event": (PROTOBUF, of_length(11, of_length(3, b"") * 400_000)),
    "bytes": (PROTOBUF, of_length(9, of_length(2, of_length(1, b"x" * 9 * MB)))),
    "lists in JSON": (JSON, b"[]," * 150_000 + b"[]"),
    "text in JSON": (JSON, b'{"key":"a","value":{"stringValue":"%s"}}' % (b"x" * 9 * MB)),
}


@pytest.mark.parametrize(("content_type", "much"), PARTS.values(), ids=PARTS)
def test_a_span_that_holds_too_much_is_refused_and_the_others_are_taken(content_type, much):
    if content_type == PROTOBUF:
        good = ExportTraceServiceRequest.FromString(a_body(2))
        body = good.SerializeToString() + of_length(1, of_length(2, of_length(2, SPAN + much)))
    else:
        (good,) = a_document(2, TRACE_ID)["resourceSpans"]
        (scope,) = good["scopeSpans"]
        body = in_spans(span_with(much) + b"," + json.dumps(scope["spans"])[1:-1].encode())

    def read():
        rows, received = intake.rows_of(Head(content_type), body)
        assert (len(rows), received.rejected) == (2, 1)
        assert (
            f"a span holds more than {MAX_PART_VALUES:,} values" in received.message or "8 MB" in received.message
        )

    assert memory_mb(read) <= 100


def test_a_resource_that_holds_too_much_refuses_the_request():
    body = of_length(1, of_length(1, of_length(1, b"") * 400_000))
    with pytest.raises(intake.Refusal) as refusal:
        intake.rows_of(Head(PROTOBUF), body)
    assert refusal.value.told.status == 413 and "a resource holds more than" in refusal.value.told.message


def test_large_but_honest_bodies_are_read():
    document = a_document(9_000, TRACE_ID)
    texts = [
        {"key": f"message.{number}", "value": {"stringValue": '{"a":[1,2,3],"b":{"c":"d, e, f"}}' * 2_000}}
        for number in range(20)
    ]
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"][:5]:
        span["attributes"] = texts
    body = json.dumps(document).encode()
    assert 11_000_000 < len(body) < protocol.MAX_BODY_BYTES
    rows, received = intake.rows_of(Head(JSON), body)
    assert (len(rows), received.rejected) == (9_000, 0)
    rows, received = intake.rows_of(Head(PROTOBUF), a_body(30_000))
    assert (len(rows), received.rejected) == (30_000, 0)


def test_half_a_character_and_numbers_that_are_none_cost_nobody_its_spans():
    texts = [r"cut \ud83d", r"\udc00 cut", r"\ud83d\ude00 whole", r"NaN \\ud83d", "-Infinity"]
    pairs = [f'{{"key":"{number}","value":{{"stringValue":"{text}"}}}}' for number, text in enumerate(texts)]
    pairs.append('{"key":"n","value":{"doubleValue":NaN}}')
    rows, received = intake.rows_of(Head(JSON), in_span(",".join(pairs).encode()), keep=True)
    kept = [received.spans[0].attributes[str(number)] for number in range(5)]
    assert kept == ["cut \ufffd", "\ufffd cut", "\U0001f600 whole", r"NaN \ud83d", "-Infinity"]
    assert received.rejected == 0 and len(rows) == 1


@pytest.mark.parametrize("text", [b'"\\"' * 200_000, b'"' * 400_001, b'"' + b"\\" * 400_001, b"-NaN" * 100_000])
def test_mending_takes_time_by_the_length_alone(text):
    assert mended(text)


def test_what_is_no_message_is_told_whatever_was_done_to_it():
    random, whole = Random(5), a_body(3)
    for _ in range(2_000):
        body = bytearray(whole)
        body[random.randrange(len(body))] = random.randrange(256)
        try:
            expected = len(ExportTraceServiceRequest.FromString(bytes(body)).resource_spans)
        except Exception:
            expected = None
        try:
            intake.rows_of(Head(PROTOBUF), bytes(body))
        except intake.Refusal as refusal:
            assert refusal.told.status == 400
        else:
            assert expected is not None
