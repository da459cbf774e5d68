"""The views say what the tables say, in words; their functions agree with Python's."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from math import inf
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.counts import histogram
from telemetry.counts.histogram import Histogram
from telemetry.models import Rollup, Span
from telemetry.readers import role
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED, Outcome
from telemetry.store.batches import write_spans
from telemetry.values.proportions import wilson
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db

DOC = Path(__file__).parents[3] / "docs" / "sql.md"


def ask(query, *parameters):
    """Rows as dicts."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_a_span_is_there_in_words():
    write_spans(
        [
            make_row(
                trace_id=uuid.UUID(int=0xABC), span_id=-2, parent_span_id=1, kind=3, status=2, outcome="timeout",
                provider="groq", service="shop", api_key="first key", fingerprint=-1, cost_usd=Decimal("0.5"),
                attributes={"own": 1}, attribute_set='{"shared": 2}',
            )
        ]
    )  # fmt: skip
    [span] = ask("SELECT * FROM observe.spans WHERE trace_id = '00000000000000000000000000000abc'")
    assert (span["span_id"], span["parent_span_id"], span["fingerprint"]) == (
        "f" * 15 + "e",
        "0" * 15 + "1",
        "f" * 16,
    )
    assert (span["kind"], span["status"], span["name"]) == ("client", "error", "execute_tool crm")
    assert (span["tool"], span["provider"], span["service"], span["api_key"]) == (
        "crm",
        "groq",
        "shop",
        "first key",
    )
    assert span["attributes"] in ('{"own": 1, "shared": 2}', {"own": 1, "shared": 2})
    assert span["cost_usd"] == Decimal("0.5")


@pytest.mark.parametrize("operation", ["execute_tool", "chat", "invoke_agent", "create_agent", "embeddings", ""])
@pytest.mark.parametrize("own_name", [None, "", "my own"])
@pytest.mark.parametrize("words", [{}, {"tool": "crm", "model": "gpt", "agent": "coach"}])
def test_a_span_has_the_same_name_as_in_python(operation, own_name, words):
    write_spans([make_row(**{"tool": "", "operation": operation, "own_name": own_name, **words})])
    assert ask("SELECT name FROM observe.spans")[0]["name"] == Span.objects.get().name


def test_calls_are_tool_calls_and_errors_are_no_refusals():
    write_spans([make_row(outcome=str(each), status=2 * (each not in SUCCEEDED)) for each in Outcome])
    write_spans(
        [make_row(outcome="", operation="chat", tool=""), make_row(outcome="", operation="chat", status=2)]
    )
    results = {row["outcome"]: row["result"] for row in ask("SELECT outcome, result FROM observe.calls")}
    assert {outcome for outcome in results if results[outcome] == "failed"} == set(FAILED)
    assert {outcome for outcome in results if results[outcome] == "refused"} == set(REFUSED)
    assert {row["layer"] for row in ask("SELECT layer FROM observe.errors")} == {*FAILED, ""}


def test_rollups_say_what_the_models_say():
    rows = [
        make_row(outcome=str(each), start_time=NOON + timedelta(seconds=9), provider="groq") for each in Outcome
    ]
    write_spans([*rows, make_row(outcome="", operation="chat", input_tokens=5, cost_usd=Decimal("0.25"))])
    [calls] = ask("SELECT * FROM observe.rollups WHERE resolution_s = 60 AND provider = 'groq'")
    tally = Rollup.objects.at(60).where(provider="groq").tallies()[()]
    assert (calls["calls"], calls["succeeded"], calls["failed"], calls["refused"]) == (
        tally.calls, tally.succeeded, tally.failed, tally.refused,
    )  # fmt: skip
    assert calls["duration_sum_ms"] == pytest.approx(tally.duration_sum_ms)
    [chat] = ask("SELECT * FROM observe.rollups WHERE resolution_s = 60 AND operation = 'chat'")
    assert (chat["calls"], chat["input_tokens"], chat["cost_usd"]) == (0, 5, Decimal("0.25"))


HISTOGRAMS = st.tuples(st.integers(0, 300), st.lists(st.integers(0, 10**6), max_size=22)).map(
    lambda parts: [0] * parts[0] + parts[1]
)
PERCENTILE = "SELECT observe.histogram_percentile(%s::numeric, %s) AS ms"


@given(HISTOGRAMS, st.floats(0, 1))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_percentile_is_the_one_that_the_pages_show(counts, share):
    [row] = ask(PERCENTILE, histogram.packed(counts), share)
    expected = Histogram(counts, 0.0, inf).percentile(share)
    assert row["ms"] == (None if expected is None else pytest.approx(expected, rel=1e-9))


@pytest.mark.parametrize("at", [0, 1, histogram.SIZE - 2, histogram.SIZE - 1])
def test_a_percentile_at_the_ends_of_the_histogram(at):
    counts = [0] * at + [3]
    [row] = ask(PERCENTILE, histogram.packed(counts), 0.5)
    assert row["ms"] == pytest.approx(Histogram(counts, 0.0, inf).percentile(0.5), rel=1e-9)


def test_a_percentile_of_nothing_is_null():
    assert ask(PERCENTILE, 0, 0.5) == ask(PERCENTILE, None, 0.5) == [{"ms": None}]


@given(st.lists(HISTOGRAMS, max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_histograms_add_up(histograms):
    query = "SELECT observe.histogram_sum(durations) AS total FROM unnest(%s::numeric[]) AS rows (durations)"
    [row] = ask(query, [histogram.packed(counts) for counts in histograms])
    expected = Histogram.sum(map(Histogram, histograms)).counts
    assert row["total"] == (histogram.packed(expected) if histograms else None)


@given(st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_interval_is_the_one_that_the_pages_show(shares):
    [row] = ask(
        "SELECT observe.wilson_lower(%s, %s) AS low, observe.wilson_upper(%s, %s) AS high", *shares, *shares
    )
    assert (row["low"], row["high"]) == pytest.approx(wilson(*shares), abs=1e-9)


def test_a_period_reads_only_its_days():
    write_spans([make_row(), make_row(start_time=NOON - timedelta(days=1))])
    query = (
        "EXPLAIN SELECT count(*) FROM observe.calls WHERE start_time >= %s AND start_time < %s AND tool = 'crm'"
    )
    plan = "\n".join(row["QUERY PLAN"] for row in ask(query, NOON, NOON + timedelta(hours=1)))
    assert set(re.findall(r"telemetry_span_(\d{8})", plan)) == {f"{NOON:%Y%m%d}"}


def test_every_column_is_documented():
    text = DOC.read_text()
    columns = ask(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'observe' "
        "AND table_name = ANY(%s)",
        list(role.VIEWS),
    )
    assert len(columns) > 60
    assert [row for row in columns if f"`{row['column_name']}`" not in text] == []
