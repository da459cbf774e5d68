from datetime import UTC, datetime

import httpx
import pytest

from tools.running.upstream import failed_upstream, retry_after_s

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def answered(status, **headers):
    """What ``response.raise_for_status()`` raises."""
    request = httpx.Request("GET", "http://crm.test/")
    response = httpx.Response(status, headers={name.replace("_", "-"): text for name, text in headers.items()})
    return httpx.HTTPStatusError("failed", request=request, response=response)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_an_http_status_that_may_pass_is_a_failure_behind_the_tool(status):
    assert failed_upstream(answered(status)).name == f"HTTP {status}"


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_an_http_status_that_blames_the_request_is_none(status):
    assert failed_upstream(answered(status)) is None


def test_a_service_that_cannot_be_reached_is_a_failure_behind_the_tool():
    assert failed_upstream(httpx.ConnectError("refused")).name == "ConnectError"
    assert failed_upstream(httpx.ReadTimeout("slow")).name == "ReadTimeout"


def test_a_fault_of_the_tool_is_none():
    assert failed_upstream(KeyError("x")) is None


def test_it_says_when_the_service_wants_to_be_asked_again():
    assert failed_upstream(answered(429, Retry_After="7")).retry_after_s == 7
    assert failed_upstream(answered(429)).retry_after_s is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("-1", None),
        ("nan", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after_s(header, lambda: NOON) == seconds
