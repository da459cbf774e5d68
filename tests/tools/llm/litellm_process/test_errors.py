"""Exceptions as litellm raises them, one behind the other, are told as the vendor said it."""

import json

import httpx
import pytest

from tools.llm.litellm_process.errors import told

KEY = 'sk-"quoted"'


def of_vendor(status, body, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = httpx.Request("POST", "http://vendor/v1")
    response = httpx.Response(
        status,
        content=raw,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        request=request,
    )
    return httpx.HTTPStatusError("it failed", request=request, response=response)


class RateLimitError(Exception):
    """As litellm's: with a status and a sentence of its own."""

    status_code, message = 429, "litellm.RateLimitError: Slow down."


class MidStreamFallbackError(Exception):
    def __init__(self, original_exception):
        self.original_exception = original_exception
        self.status_code = 503


def behind(outer, inner):
    outer.__context__ = inner
    return outer


def test_the_vendors_answer_is_passed_on_as_it_was():
    body = {"error": {"message": "Not so fast.", "code": "rate_limit_exceeded"}}
    said = told(behind(RateLimitError(), of_vendor(418, body, retry_after="7", server="theirs")), "")
    assert (said.status, json.loads(said.body), said.headers) == (418, body, {"retry-after": "7"})


def test_a_key_that_the_vendor_repeats_is_left_out():
    said = told(behind(RateLimitError(), of_vendor(401, {"error": {"message": f"Wrong: {KEY}!"}})), KEY)
    assert json.loads(said.body) == {"error": {"message": "Wrong: [key]!"}}


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        (httpx.ConnectError("no"), "unreachable"),
        (httpx.ConnectTimeout("no"), "unreachable"),
        (httpx.ReadTimeout("no"), "timeout"),
        (httpx.ReadError("no"), "broken_stream"),
        (json.JSONDecodeError("no", "", 0), "unreadable"),
        (ValueError("Error converting to valid response block='args'"), "unreadable"),
    ],
)
def test_what_happened_on_the_way_is_told_by_the_innermost(inner, code):
    assert (
        json.loads(told(behind(MidStreamFallbackError(behind(RateLimitError(), inner)), None), "").body)["error"][
            "code"
        ]
        == code
    )


def test_what_litellm_refuses_itself_is_told_in_its_words():
    said = told(RateLimitError(), "")
    assert said.status == 429
    assert json.loads(said.body) == {
        "error": {"message": "RateLimitError: Slow down.", "code": "rate_limit_exceeded"}
    }


def test_whatever_else_goes_wrong_is_the_servers():
    said = told(KeyError("what"), "")
    assert said.status == 500 and "what" in json.loads(said.body)["error"]["message"]


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (
            {"error": {"type": "overloaded_error", "message": "m"}},
            {"code": "529", "type": "overloaded_error", "message": "m"},
        ),
        ([{"error": {"code": 503, "message": "m"}}], {"code": 503, "message": "m"}),
        ({"error": "m"}, {"code": "529", "message": "m"}),
        (b"<html>", {"code": "529", "message": "The vendor answered 529"}),
        ({"object": "error", "message": "m"}, {"code": "529", "object": "error", "message": "m"}),
    ],
)
def test_amid_a_stream_it_is_an_event_with_the_status(body, event):
    assert told(of_vendor(529, body), "").document == {"error": event}


def test_exceptions_in_a_circle_end():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert told(one, "").status == 500
