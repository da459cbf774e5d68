"""What no call can have been: other senders' spans are stored, and pages are drawn, whatever one sender claims."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from telemetry.cost.pricing import Book
from telemetry.cost.spans import priced
from telemetry.ingest.otlp import JSON
from telemetry.recorder import intake
from telemetry.recorder.protocol import Head
from telemetry.spans.rows import MAX_ATTEMPTS
from telemetry.store.writer import within_window
from tests.telemetry.builders import make_row
from tests.telemetry.cost.builders import model_call, rates

HOUR_NS = 3_600 * 10**9
BOOK = Book([rates(input_usd="2.5", output_usd="10", cache_read_usd="1")])


def a_span(**changes):
    return {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "something",
        "startTimeUnixNano": str(time.time_ns()),
        "endTimeUnixNano": str(time.time_ns()),
        **changes,
    }


def received(*spans):
    request = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    return intake.rows_of(Head(JSON), json.dumps(request).encode())


def ended(end_ns):
    return a_span(startTimeUnixNano=str(time.time_ns() - 10**9), endTimeUnixNano=str(end_ns))


@pytest.mark.parametrize("ahead_ns", [2 * HOUR_NS, 40 * 24 * HOUR_NS, 2**63])
def test_a_span_that_ends_in_the_future_is_refused_and_no_other(ahead_ns):
    rows, told = received(ended(time.time_ns() + ahead_ns), ended(time.time_ns()))
    assert (len(rows), told.rejected) == (1, 1)
    assert "it ended more than an hour from now: look at the sender's clock" in told.message


def test_a_clock_that_is_less_than_an_hour_fast_and_a_call_of_many_days_are_stored():
    start_ns = time.time_ns() - 20 * 24 * HOUR_NS
    rows, told = received(
        ended(time.time_ns() + HOUR_NS // 2),
        a_span(startTimeUnixNano=str(start_ns), endTimeUnixNano=str(time.time_ns())),
        ended(1),  # before it began: no time at all
    )
    assert (len(rows), told.rejected) == (3, 0)
    assert [round(row.duration_ms / 1000) for row in rows] == [1801, 20 * 24 * 3600, 0]


def test_our_own_spans_are_held_to_the_same():
    began = datetime.now(UTC) - timedelta(hours=2)
    rows = [make_row(start_time=began, duration_ms=hours * 3_600_000.0) for hours in (0, 2.5, 4, 2**40)]
    assert within_window(rows) == rows[:2]


@pytest.mark.parametrize("said", [MAX_ATTEMPTS + 1, 32_767, 2**31 - 1])
def test_nobody_tries_so_often(said):
    row = chat(**{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "salesboost.attempts": said})
    assert row.attempts == MAX_ATTEMPTS


def chat(**said):
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        **said,
    }
    [row], _ = received(
        a_span(attributes=[{"key": name, "value": value_of(value)} for name, value in told.items()])
    )
    return row


def value_of(value):
    return {{str: "stringValue", int: "intValue", float: "doubleValue"}[type(value)]: value}


@pytest.mark.parametrize(
    ("said", "usd"),
    [
        ({"attributes": {"gen_ai.usage.cost": 10_000.0}, "model": "gpt-99"}, 10_000),
        ({"attributes": {"gen_ai.usage.cost": 10_000.01}, "model": "gpt-99"}, None),
        ({"attributes": {"gen_ai.usage.cost": 1e300}, "model": "gpt-99"}, None),
        ({"input_tokens": 1_000_000, "output_tokens": 0}, 2.5),
        ({"input_tokens": 2**31 - 1, "output_tokens": 2**31 - 1}, None),
    ],
)
def test_no_call_costs_more_than_ten_thousand_dollars(said, usd):
    found = priced(model_call(**said), BOOK).cost_usd
    assert (found if found is None else float(found)) == usd
