"""What is read from OTLP can be written again, and says the same."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from telemetry.forward.encoding import encode
from telemetry.ingest import otlp
from telemetry.spans.finished import SourceKey, SpanFacts, decode, pack

START = 1_700_000_000_123_456_789
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(WORDS.map(lambda key: f"app.{key}"), VALUES, max_size=4)
IDS = st.integers(1, (1 << 64) - 1)
TRACES = st.integers(1, (1 << 128) - 1)
SOURCES = st.builds(
    SourceKey, st.sampled_from(['{"service.name":"api"}', "{}"]), WORDS, WORDS, st.sampled_from(["{}", '{"a":1}'])
)
FACTS = st.builds(
    SpanFacts,
    trace_id=TRACES,
    span_id=IDS,
    parent_span_id=st.just(0) | IDS,
    name=WORDS,
    kind=st.integers(0, 5),
    status=st.integers(0, 2),
    status_message=WORDS,
    start_ns=st.integers(1, (1 << 64) - 1),
    end_ns=st.integers(1, (1 << 64) - 1),
    attributes=ATTRIBUTES,
    events=st.lists(st.tuples(WORDS, st.integers(0, 1 << 62), ATTRIBUTES), max_size=2),
    links=st.lists(st.tuples(TRACES, IDS, ATTRIBUTES), max_size=2),
    source=SOURCES,
)


def facts(**changes):
    values = {"trace_id": 1, "span_id": 2, "name": "chat", "start_ns": START, "end_ns": START + 1}
    return SpanFacts(**values | changes)


def read_again(*spans):
    return otlp.read(encode(spans).SerializeToString(), otlp.PROTOBUF).spans


def essence(span):
    """All of *span* but how its source is spelled."""
    return replace(span, source=SourceKey(), service="", redacted=False)


@given(FACTS)
def test_a_span_that_is_written_and_read_again_says_the_same(span):
    (again,) = read_again(span)
    assert essence(again) == essence(span)
    assert json.loads(again.source.resource) == json.loads(span.source.resource)
    assert again.source[1:3] == tuple(part.replace("\x00", "") for part in span.source[1:3])


@given(FACTS)
def test_a_span_comes_out_of_its_record_as_it_went_in(span):
    taken = decode(pack(replace(span, redacted=True)))
    assert encode([taken]) == encode([span])


def test_spans_of_one_source_stand_together():
    one, other = SourceKey('{"service.name":"api"}', "sdk", "1"), SourceKey('{"service.name":"web"}')
    request = encode([facts(source=one), facts(source=other), facts(source=one)])
    assert [len(group.scope_spans[0].spans) for group in request.resource_spans] == [2, 1]
    assert request.resource_spans[0].scope_spans[0].scope.version == "1"


def test_a_service_without_a_resource_becomes_one():
    (again,) = read_again(facts(service="api"))
    assert again.service == "api"


def test_fields_that_were_kept_as_attributes_become_fields_again():
    request = encode([facts(attributes={"otel.trace_state": "a=b", "otel.flags": 257, "otel.flavour": "x"})])
    (span,) = request.resource_spans[0].scope_spans[0].spans
    assert (span.trace_state, span.flags) == ("a=b", 257)
    assert [pair.key for pair in span.attributes] == ["otel.flavour"]


def test_what_protobuf_cannot_hold_is_written_as_text():
    (again,) = read_again(facts(attributes={"big": 1 << 70, "half": "a\ud800b"}))
    assert again.attributes == {"big": str(1 << 70), "half": "a?b"}


def test_a_packed_span_is_redacted():
    packed = pack(facts(attributes={"authorization": "Bearer sk-abcdefghijklmnopqrstuvwx"}, status_message="x"))
    assert b"sk-abcdef" not in packed
