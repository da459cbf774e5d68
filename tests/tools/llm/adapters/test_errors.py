import json
import pickle

import pytest

from tools.llm.adapters.errors import ADVICE, ErrorKind, ModelError, error_in, error_of, retry_after_s

NOW_S = 1_764_547_200.0  # 2025-12-01T00:00:00Z


def of(status, body, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, NOW_S)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"code": "rate_limit_exceeded", "message": "Slow down."}, "rate_limit"),
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota."}, "credit"),
        (429, {"status": "RESOURCE_EXHAUSTED", "message": "Your prepayment credits are depleted."}, "credit"),
        (400, {"type": "invalid_request_error", "message": "Your credit balance is too low."}, "credit"),
        (402, {"code": 402, "message": "Payment required."}, "credit"),
        (529, {"type": "overloaded_error", "message": "Overloaded"}, "overloaded"),
        (503, {"status": "UNAVAILABLE", "message": "Busy."}, "overloaded"),
        (500, {"type": "server_error", "message": "Sorry!"}, "server"),
        (502, {"message": "Bad gateway"}, "server"),
        (504, {"status": "DEADLINE_EXCEEDED", "message": "Deadline expired."}, "timeout"),
        (401, {"code": "invalid_api_key", "message": "Incorrect API key."}, "authentication"),
        (400, {"status": "INVALID_ARGUMENT", "message": "API key not valid."}, "authentication"),
        (403, {"type": "permission_error", "message": "No."}, "permission"),
        (404, {"code": "model_not_found", "message": "No such model."}, "unknown_model"),
        (400, {"code": "context_length_exceeded", "message": "Too long."}, "context"),
        (400, {"status": "INVALID_ARGUMENT", "message": "The prompt is too long: 9 tokens > 8"}, "context"),
        (400, {"code": "unsupported_value", "message": "'temperature' of 0"}, "capability"),
        (
            400,
            {"type": "invalid_request_error", "message": "Invalid `signature` in `thinking` block"},
            "capability",
        ),
        (404, {"type": "invalid_request_error", "message": "Item with id 'rs_1' not found."}, "capability"),
        (
            404,
            {"status": "NOT_FOUND", "message": "models/x is not found, or is not supported for generateContent"},
            "unknown_model",
        ),
        (404, {"type": "not_found_error", "message": "model: claude-3-7-sonnet-thinking"}, "unknown_model"),
        (404, {"code": 404, "message": "No endpoints found that support tool use."}, "capability"),
        (404, {"type": "api_error", "message": "model 'x' not found"}, "unknown_model"),
        (
            400,
            {"status": "INVALID_ARGUMENT", "message": "API key expired. Please renew the API key."},
            "authentication",
        ),
        (401, {"message": "Your token is flagged as expired"}, "authentication"),
        (
            400,
            {"type": "invalid_request_error", "message": "You have reached your specified API usage limits."},
            "credit",
        ),
        (403, {"message": "Your team doesn't have any credits or licenses yet."}, "credit"),
        (400, {"type": "invalid_request_error", "message": "This organization has been disabled."}, "permission"),
        (400, {"message": "input length and `max_tokens` exceed context limit: 3 + 4 > 5"}, "context"),
        (400, {"type": "exceed_context_size_error", "message": "exceeds the available context size"}, "context"),
        (
            429,
            {"code": "rate_limit_exceeded", "message": "Request too large for x (TPM): Limit 8, Requested 31"},
            "context",
        ),
        (498, {"message": "Flex tier capacity exceeded"}, "overloaded"),
        (499, {"message": "cancelled"}, "server"),
        (400, {"message": "property 'flagged' is invalid"}, "invalid"),
        (400, {"message": "Invalid 'temperature': decimal above maximum value."}, "invalid"),
        (400, {"message": "function 'set_temperature' has no parameters"}, "invalid"),
        (400, {"message": "Unsupported parameter: 'temperature' is not supported with this model."}, "capability"),
        (400, {"code": "tool_use_failed", "message": "Failed to call a function."}, "malformed_call"),
        (400, {"type": "invalid_request_error", "message": "messages: at least one"}, "invalid"),
        (418, {"message": "I am a teapot"}, "invalid"),
        (599, {}, "server"),
    ],
)
def test_a_vendors_words_are_read_by_one_table(status, error, kind):
    assert of(status, {"error": error}).kind == kind


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_told_by_its_status(body):
    assert of(502, body).kind == "server"
    assert of(429, body).kind == "rate_limit"
    assert of(200, body).kind == "unreadable"


def test_a_gateways_200_holds_the_status_of_who_is_behind_it():
    error = error_in({"error": {"code": 429, "message": "limit", "metadata": {"raw": "slow down"}}}, status=200)
    assert (error.kind, error.status) == ("rate_limit", 429)
    assert "slow down" in str(error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "Mon, 01 Dec 2025 00:00:30"}, 30.0),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after-ms": "²"}, None),
        ({"retry-after": "Mon, 01 Dec 2025 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 30 Nov 2025 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500"}, 1.5),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_said_in_seconds_or_as_a_date(headers, seconds):
    assert retry_after_s(headers, NOW_S) == seconds


@pytest.mark.parametrize("kind", ErrorKind)
def test_each_kind_says_what_to_do(kind):
    assert str(ModelError(kind, "It failed.")) == f"It failed: {ADVICE[kind]}."


def test_the_wait_that_geminis_details_ask_for_is_read():
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    assert error_in({"error": {"code": 429, "message": "quota", "details": details}}).retry_after_s == 34.0


def test_a_status_may_be_a_text_and_an_error_may_stand_in_a_choice():
    assert error_in({"error": {"code": "429", "message": "limit"}}, status=200).kind == "rate_limit"


def test_another_process_gets_it_whole():
    error = ModelError(ErrorKind.RATE_LIMIT, "Slow down", status=429, code="x", retry_after_s=2.0)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.kind, again.status, again.retry_after_s) == (str(error), "rate_limit", 429, 2.0)


def test_what_a_vendor_says_is_one_line_and_not_long():
    said = str(ModelError(ErrorKind.SERVER, "a\n" * 5_000))
    assert "\n" not in said and len(said) < 400
