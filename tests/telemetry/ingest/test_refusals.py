"""Whoever answers a sender of spans, the error is a google.rpc.Status in the sender's own encoding."""

import gzip
import json
import zlib

import httpx
import pytest
from django.test import RequestFactory
from google.rpc.status_pb2 import Status

from salesboost.server.limits import OTLP_BYTES
from telemetry.ingest.inflating import MOST_MEMBERS, inflated
from telemetry.ingest.otlp import JSON, PROTOBUF
from telemetry.ingest.received import Malformed, TooMuch
from telemetry.ingest.refusals import in_otlp
from telemetry.models import Span
from telemetry.recorder import intake
from telemetry.recorder.protocol import MAX_BODY_BYTES, Head
from tests.live import wait_for
from tests.telemetry.otlp_bodies import TRACE_ID, a_body, a_document
from tools.decisions import live
from tools.decisions.keys import create_key, digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.web.authentication import SecondLook

pytestmark = pytest.mark.django_db
KEYS = {
    digest(plain): KeyInfo(name=plain, prefix="sb_", scopes=frozenset({plain})) for plain in ("ingest", "execute")
}


@pytest.fixture
def known_keys(monkeypatch):
    """A key is called like the only scope that it has."""
    monkeypatch.setattr("tools.web.authentication.second_look", SecondLook(lambda: None))
    with live.pinned(Snapshot(keys=KEYS)):
        yield


def told(answer, content_type):
    """The number and the sentence of an answer."""
    if content_type == JSON:
        said = json.loads(answer.content)
        assert set(said) == {"code", "message"}
        return said["code"], said["message"]
    said = Status.FromString(answer.content)
    return said.code, said.message


# Status, google.rpc.Code, what the sentence holds; and how to bring it about: key, content type, body, headers.
ERRORS = {
    "no key": (401, 16, "Send an API key", None, None, b"{}", {}),
    "a wrong key": (401, 16, "The API key is not known", "wrong", None, b"{}", {}),
    "a key without the scope": (403, 7, "give it the scope 'ingest'", "execute", None, b"{}", {}),
    "no trace request": (400, 3, "The body is no", "ingest", None, b"\xff{", {}),
    "no gzip": (400, 3, "The body is no gzip", "ingest", None, b"{}", {"HTTP_CONTENT_ENCODING": "gzip"}),
    "brotli": (415, 3, "Compress with gzip", "ingest", None, b"{}", {"HTTP_CONTENT_ENCODING": "br"}),
    "text": (415, 3, "Send application/x-protobuf", "ingest", "text/plain", b"{}", {}),
    "too large": (413, 8, "Send at most 20 MiB", "ingest", None, b" " * (OTLP_BYTES + 1), {}),
}


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_every_error_is_a_status_with_its_own_sentence(client, known_keys, content_type, error):
    status, code, words, key, sent_as, body, headers = error
    if key is not None:
        headers = {**headers, "HTTP_AUTHORIZATION": f"Bearer {key}"}
    answer = client.post("/v1/traces", body, content_type=sent_as or content_type, **headers)
    wanted = PROTOBUF if sent_as else content_type
    assert (answer.status_code, answer["Content-Type"]) == (status, wanted)
    number, sentence = told(answer, wanted)
    assert (number, words in sentence) == (code, True)
    assert ("WWW-Authenticate" in answer) == (status == 401)
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(("address", "status", "code"), [("/v1/logs", 404, 5), ("/v1/traces/", 404, 5)])
def test_so_is_what_django_itself_says_there(client, address, status, code):
    answer = client.post(address, b"{}", content_type=PROTOBUF)
    assert (answer.status_code, told(answer, PROTOBUF)[0]) == (status, code)
    assert address in told(answer, PROTOBUF)[1]


def test_other_addresses_keep_their_problem_documents(client, known_keys):
    answer = client.get("/api/v1/traces", HTTP_AUTHORIZATION="Bearer wrong", HTTP_CONTENT_TYPE=PROTOBUF)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_a_success_stays_what_it_is():
    from django.http import HttpResponse

    answer = HttpResponse(b"", content_type=PROTOBUF)
    assert in_otlp(RequestFactory().post("/v1/traces"), answer) is answer


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_a_real_server_says_the_same_before_it_reads_a_body(live_server_daphne):
    address = f"{live_server_daphne.url.rstrip('/')}/v1/traces"
    _, plain = create_key("shop", ["ingest"])
    large = b" " * (OTLP_BYTES + 1)
    # The server looks for a key that it does not know, but not at every wrong one.
    known = {"Authorization": f"Bearer {plain}", "Content-Type": PROTOBUF}
    wait_for(lambda: httpx.post(address, headers=known, timeout=60).status_code != 401, 20, "the new key known")
    for key, status, words in (("wrong", 401, "not known"), (plain, 413, "Send at most 20 MiB")):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": PROTOBUF}
        answer = httpx.post(address, content=large, headers=headers, timeout=60)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROTOBUF)
        assert words in told(answer, PROTOBUF)[1]
    document = a_document(2, TRACE_ID)
    filler = [{"key": f"m{number}", "value": {"stringValue": "x" * (5 << 20)}} for number in range(3)]
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] += filler[:1]
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["attributes"] += filler[1:2]
    body = json.dumps(document).encode()
    body += b" " * (OTLP_BYTES - len(body))
    headers = {"Authorization": f"Bearer {plain}", "Content-Type": JSON}
    assert httpx.post(address, content=body, headers=headers, timeout=60).status_code == 200
    assert Span.objects.count() == 2


def test_the_server_and_the_view_take_as_much():
    assert OTLP_BYTES == MAX_BODY_BYTES == 20 * 2**20


def test_twenty_mebibytes_of_small_spans_are_read():
    body = a_body(94_000)
    assert 19.5 * 2**20 < len(body) <= MAX_BODY_BYTES
    rows, received = intake.rows_of(Head(PROTOBUF), body)
    assert (len(rows), received.rejected) == (94_000, 0)


MOST = 1 << 20


@pytest.mark.parametrize(
    "parts",
    [[b"spans"], [b"spa", b"ns"], [b"", b"spans", b""], [b"s" * 400_000, b"p" * 400_000]],
    ids=["one", "two", "empty ones", "large ones"],
)
def test_all_members_of_gzip_are_read(parts):
    assert inflated(b"".join(map(gzip.compress, parts)), MOST) == b"".join(parts)


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (gzip.compress(b"spans") + b"junk", Malformed, "4 bytes that do not belong"),
        (gzip.compress(b"spans") + b"\0" * 8, Malformed, "8 bytes"),
        (gzip.compress(b"spans") + zlib.compress(b"more"), Malformed, "do not belong"),
        (zlib.compress(b"spans") + zlib.compress(b"more"), Malformed, "do not belong"),
        (gzip.compress(b"spans") + gzip.compress(b"more")[:-3], Malformed, "cut off"),
        (gzip.compress(b"spans") + gzip.compress(b"more")[:3], Malformed, "cut off"),
        (gzip.compress(b"x" * MOST) + gzip.compress(b"x"), TooMuch, "more than 1 MiB"),
        (gzip.compress(b"") * (MOST_MEMBERS + 1), TooMuch, "more than 1,000 parts"),
        (b"", Malformed, "cut off"),
    ],
    ids=[
        "junk",
        "zeros",
        "zlib behind gzip",
        "two of zlib",
        "cut",
        "cut header",
        "a bomb in two",
        "many",
        "nothing",
    ],
)
def test_what_is_no_whole_body_is_told(body, error, words):
    with pytest.raises(error, match=words):
        inflated(body, MOST)


def test_all_members_of_a_request_are_read_and_junk_is_400(client, known_keys):
    body = a_body(3)
    packed = gzip.compress(body[:50]) + gzip.compress(body[50:])
    rows, received = intake.rows_of(Head(PROTOBUF, "gzip"), packed)
    assert (len(rows), received.rejected) == (3, 0)
    send = {"content_type": PROTOBUF, "HTTP_CONTENT_ENCODING": "gzip", "HTTP_AUTHORIZATION": "Bearer ingest"}
    answer = client.post("/v1/traces", packed + b"junk", **send)
    assert (answer.status_code, "4 bytes that do not belong" in told(answer, PROTOBUF)[1]) == (400, True)
