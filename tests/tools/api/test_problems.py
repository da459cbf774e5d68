"""Every error is a problem document, with a hint, and a call that was asked for leaves a span."""

import json

import pytest
from django.test import AsyncClient

from telemetry import semconv
from tools.definition.policy import Rate
from tools.web.refusals import Allowance

EXECUTE = "/api/v1/tools/execute"
FIELDS = {"type", "title", "status", "detail", "code", "layer", "retryable", "tool_call_id"}


def problem(response, status, code):
    """The document, after checking what holds for all of them."""
    assert response.headers["Content-Type"] == "application/problem+json"
    document = json.loads(response.content)
    assert set(document) - {"hint", "retry_after_s"} == FIELDS
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    return document


FAILING_CALLS = [
    ({"tool": "double", "payload": {"nmber": 1}}, 400, "invalid_arguments", "arguments"),
    ({"tool": "double", "payload": {}}, 400, "invalid_arguments", "arguments"),
    ({"tool": "double", "payload": {"number": "many"}}, 400, "invalid_arguments", "arguments"),
    ({"tool": "double", "payload": [1]}, 400, "invalid_arguments", "arguments"),
    ({"tool": "doubel", "payload": {}}, 404, "unknown_tool", "arguments"),
    ({"tool": "double", "payload": {"number": 1}, "caller_role": "guest"}, 403, "not_authorized", "authorization"),
    ({"tool": "refuse", "payload": {"why": "x"}}, 422, "cannot", "returned_failure"),
]


@pytest.mark.parametrize(("body", "status", "code", "layer"), FAILING_CALLS)
async def test_a_call_that_fails_is_a_problem_with_a_hint_and_a_span(spans, api, body, status, code, layer):
    document = problem(await api.post(EXECUTE, body), status, code)
    assert document["layer"] == layer
    assert document["hint"]
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_CALL_ID] == document["tool_call_id"]
    assert span.attributes[semconv.OUTCOME] == layer


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ('{"tool": "double", ', "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        ("[" * 10_000, "application/json", 400, "malformed_json"),
        ('{"tool": "double", "payload": {"number": NaN}}', "application/json", 400, "malformed_json"),
        ('{"tool": "double", "payload": {"number": "\\u0000"}}', "application/json", 400, "malformed_json"),
        ("", "application/json", 400, "malformed_json"),
        ("[]", "application/json", 400, "invalid_arguments"),
        ('{"payload": {}}', "application/json", 400, "invalid_arguments"),
        ('{"tool": "double", "payloud": {}}', "application/json", 400, "invalid_arguments"),
        ('{"tool": "double"}', "text/plain", 415, "unsupported_media_type"),
        (b"x" * 10_000_000, "application/json", 413, "body_too_large"),
        (
            b'{"tool": "double", "payload": [' + b"[]," * 30_000 + b"[]]}",
            "application/json",
            413,
            "body_too_large",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_body_that_cannot_be_read_is_a_problem_with_a_hint_and_a_span(
    spans, api, body, content_type, status, code
):
    document = problem(await api.post(EXECUTE, body, content_type), status, code)
    assert document["hint"]
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_NAME] == semconv.UNKNOWN_TOOL
    assert span.attributes[semconv.TOOL_CALL_ID] == document["tool_call_id"]
    assert span.attributes[semconv.ERROR_TYPE] == code


async def test_a_compressed_body_is_refused_with_the_reason(api):
    response = await api.post(EXECUTE, b"x", headers={"Content-Encoding": "gzip"})
    assert "without Content-Encoding" in problem(response, 415, "unsupported_media_type")["hint"]


@pytest.mark.parametrize("path", [EXECUTE, "/api/v1/tools/execute_parallel"])
async def test_a_wrong_key_is_a_problem_with_a_hint_and_a_span(spans, api_as, path):
    response = await api_as("sb_wrong").post(path, {"tool": "double"})
    assert problem(response, 401, "invalid_api_key")["hint"]
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.OUTCOME] == "authorization"
    assert "sb_wrong" not in str(dict(span.attributes))


async def test_no_key_and_no_login_is_a_problem(api_as):
    problem(await api_as("").execute("double", {"number": 1}), 401, "not_authenticated")


async def test_a_role_that_the_key_may_not_claim_leaves_a_span_of_the_tool(spans, api_as):
    await api_as("sb_execute").execute("double", {"number": 1}, caller_role="admin")
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_NAME] == "double"
    assert span.attributes[semconv.CALLER_ROLE] == "admin"


async def test_a_rate_limit_says_when_to_come_back(api):
    await api.execute("rarely")
    response = await api.execute("rarely")
    document = problem(response, 429, "rate_limited")
    assert 0 < document["retry_after_s"] <= 60
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert document["retryable"] is True


async def test_an_open_breaker_says_when_to_come_back(api):
    for _ in range(5):
        problem(await api.execute("away"), 502, "provider_error")
    response = await api.execute("away")
    assert problem(response, 503, "breaker_open")["layer"] == "breaker"
    assert int(response.headers["Retry-After"]) >= 1


async def test_a_timeout_and_a_fault_of_a_tool_have_their_own_status(api):
    problem(await api.execute("slow"), 504, "timeout")
    response = await api.execute("broken")
    problem(response, 500, "tool_bug")
    assert b"secret-inside" not in response.content


async def test_a_fault_of_our_own_says_nothing_of_its_inside(api, monkeypatch):
    async def fail(**request):
        raise RuntimeError("secret-inside")

    monkeypatch.setattr("tools.running.executor.ToolExecutor.execute", lambda self, **request: fail(**request))
    response = await api.execute("double", {"number": 1})
    problem(response, 500, "internal_error")
    assert b"secret-inside" not in response.content


@pytest.mark.parametrize("path", ["/api/nothing", "/api/v1/", "/api/v1/tools/", "/api/v1/caches/nothing"])
async def test_an_unknown_address_is_a_problem(api, path):
    assert problem(await api.get(path), 404, "unknown_address")["hint"]


async def test_a_wrong_method_names_the_right_one(api):
    response = await api.get(EXECUTE)
    assert problem(response, 405, "method_not_allowed")["hint"] == "use POST"
    assert response.headers["Allow"] == "POST"


async def test_a_wrong_parameter_is_a_problem(api):
    assert "limit" in problem(await api.get("/api/v1/cache/top?limit=many"), 400, "invalid_arguments")["detail"]


async def test_an_unknown_tool_is_suggested_for_in_every_place(api):
    for response in (
        await api.get("/api/v1/tools/doubel"),
        await api.delete("/api/v1/cache/doubel"),
        await api.get("/health/tools/doubel"),
    ):
        assert "double" in problem(response, 404, "unknown_tool")["hint"]


async def test_a_wrong_host_is_a_problem(known_keys):
    response = await AsyncClient().get("/api/v1/tools", headers={"Host": "evil.example"})
    problem(response, 400, "bad_request")


async def test_strangers_cannot_fill_the_store_with_spans(api_as, spans, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tools.web.refusals.spans_of_strangers", Allowance(Rate(2, 1.0), clock=lambda: now[0]))
    answers = [await api_as("sb_wrong").execute("double") for _ in range(5)]
    assert [bool(problem(answer, 401, "invalid_api_key")["tool_call_id"]) for answer in answers] == [True] * 2 + [
        False
    ] * 3
    assert len(spans.get_finished_spans()) == 2
    now[0] = 0.5
    await api_as("sb_wrong").execute("double")
    assert len(spans.get_finished_spans()) == 3
