"""What an endpoint's answer means for the spans that were sent."""

import gzip
from datetime import UTC, datetime

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.forward.post import FORWARDED, Poster, Verdict, judge, retry_after_s
from telemetry.forward.target import Target

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def post(receiver, body=b"spans", **headers):
    poster = Poster(Target(receiver.url, headers))
    try:
        return poster.post(body)
    finally:
        poster.close()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, Verdict.TAKEN) for status in (200, 202, 204)),
        *((status, Verdict.LATER) for status in (429, 502, 503, 504)),
        *((status, Verdict.LATER) for status in (302, 401, 403, 404, 405)),
        (413, Verdict.TOO_LARGE),
        *((status, Verdict.REFUSED) for status in (400, 415, 422, 500, 501)),
    ],
)
def test_each_status_has_its_meaning(status, verdict):
    assert judge(status, {}, b"", NOW).verdict is verdict


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7),
        ("Mon, 04 May 2026 12:00:30 GMT", 30),
        ("Mon, 04 May 2026 11:00:00 GMT", 0),
        ("9999999", 3600),
        ("", None),
        ("soon", None),
        ("-1", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, wait_s):
    assert retry_after_s(value, NOW) == wait_s


def test_a_partial_success_tells_how_many_were_rejected():
    body = ExportTraceServiceResponse()
    body.partial_success.rejected_spans = 3
    body.partial_success.error_message = "too old"
    answer = judge(200, {}, body.SerializeToString(), NOW)
    assert (answer.verdict, answer.rejected, answer.reason) == (Verdict.TAKEN, 3, "too old")


def test_an_answer_in_another_form_is_a_success_too():
    assert judge(200, {}, b'{"partialSuccess": {}}', NOW).verdict is Verdict.TAKEN


def test_a_request_is_otlp_and_carries_the_key_and_the_mark(receiver):
    assert post(receiver, authorization="Bearer secret").verdict is Verdict.TAKEN
    (got,) = receiver.got
    assert gzip.decompress(got.body) == b"spans"
    wanted = ("application/x-protobuf", "gzip", "Bearer secret", "1")
    names = ("content-type", "content-encoding", "authorization", FORWARDED)
    assert tuple(got.headers[name] for name in names) == wanted


def test_an_endpoint_that_is_down_is_asked_again_later(receiver):
    receiver.stop()
    answer = post(receiver)
    assert answer.verdict is Verdict.LATER
    assert "Connect" in answer.reason


def test_a_target_shows_no_secret():
    target = Target("https://user:word@otel.example/v1/traces?key=k", {"authorization": "Bearer secret"})
    assert target.place == "https://otel.example/v1/traces"
    assert "secret" not in repr(Target("https://user:secret@otel.example", target.headers))
