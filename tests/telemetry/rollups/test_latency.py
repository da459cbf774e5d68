"""Percentiles as they are read, beside the exact ones: distributions through the real store, its rows and SQL."""

import uuid
from datetime import timedelta
from math import ceil, inf
from random import Random

import pytest
from django.db import connection
from django.db.models import F

from telemetry.counts import histogram
from telemetry.counts.outcome_counts import Tally
from telemetry.models import Rollup, Span, ToolRollup
from telemetry.rollups import ended_sql, rebuild, rollup_sql
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, histogram_of, make_row

pytestmark = pytest.mark.django_db

HOUR, HOUR_MS = timedelta(hours=1), 3_600_000.0
DAY = (NOON - 12 * HOUR, NOON + 12 * HOUR)
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
CALLS = 400
SQL = """
SELECT observe.histogram_percentile(
        observe.histogram_sum(durations), %s, min(duration_min_ms), max(duration_max_ms)),
    observe.histogram_percentile(sum(durations), %s)
FROM observe.rollups WHERE tool = 'crm' AND resolution_s = %s"""

TAKEN_OUT = """
UPDATE {} SET first_try = first_try - 1, attempts = attempts - 1, duration_sum_us = duration_sum_us - 900000,
    durations = durations - %s"""


def drawn(make, calls=CALLS):
    random = Random(7)
    return [make(random) for _ in range(calls)]


DISTRIBUTIONS = {
    "constant": [751.0] * 200,
    "uniform": drawn(lambda random: random.uniform(5, 4_000)),
    "log-normal": drawn(lambda random: random.lognormvariate(5.7, 1.2)),
    "bimodal": drawn(lambda random: random.gauss(2_400, 150) if random.random() < 0.3 else random.gauss(12, 1)),
    "heavy tail": drawn(lambda random: min(200 * random.paretovariate(0.4), 20 * HOUR_MS)),
    "one call": [1.7 * HOUR_MS],
    "three days": [72 * HOUR_MS] * 20,
    "days": drawn(lambda random: random.uniform(50 * HOUR_MS, 288 * HOUR_MS), 100),
    "few calls": [0.4, 9_000.0, 140_000.0, 1.2 * HOUR_MS],
}


def exact(values, share):
    return sorted(values)[ceil(share * len(values)) - 1]


def within(read, values, share):
    assert read == pytest.approx(exact(values, share), rel=histogram.ERROR)
    assert min(values) <= read <= max(values)


def store(values, **words):
    """As calls of some hours around NOON, in three batches, by callers of two providers."""
    calls = [
        make_row(
            start_time=NOON + timedelta(seconds=97 * number % 36_000 - 18_000),
            trace_id=uuid.uuid4(),
            duration_ms=value,
            provider=("openai", "groq")[number % 2],
            **words,
        )
        for number, value in enumerate(values)
    ]
    for batch in range(3):
        write_spans(calls[batch::3])


def readings():
    """The latencies of the tool `crm`, however they are read."""
    start, end = DAY
    spans = {step_s: Rollup.objects.at(step_s).where(tool="crm") for step_s in rollup_sql.SERIES.resolutions_s}
    tools = {step_s: ToolRollup.objects.at(step_s).where(tool="crm") for step_s in rollup_sql.TOOLS.resolutions_s}
    read = {f"series, {step_s} s": rows.tallies()[()] for step_s, rows in spans.items()}
    read |= {f"tools, {step_s} s": rows.tallies()[()] for step_s, rows in tools.items()}
    read["in tiles"] = Rollup.objects.spanning(start, end).where(tool="crm").tallies()[()]
    halves = (Rollup.objects.spanning(*half) for half in ((start, NOON), (NOON, end)))
    read["two periods"] = Tally.sum(
        tally for half in halves for tally in half.where(tool="crm").tallies().values()
    )
    read["all callers"] = Tally.sum(spans[60].tallies("provider", "bucket").values())
    others = Rollup.objects.at(3600).where(tool="sms").tallies()[()]
    read["without others"] = Rollup.objects.at(3600).tallies()[()].without([others])
    return read


@pytest.mark.parametrize("values", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_percentiles_are_within_five_per_cent_of_the_exact_ones(values):
    store(values)
    store([2.0, 30.0, 500.0, 70_000.0], tool="sms")
    for how, tally in readings().items():
        assert (tally.durations.count, tally.durations.error) == (len(values), histogram.ERROR), how
        if how != "without others":  # whose shortest and longest are those of the whole
            assert (tally.durations.min_ms, tally.durations.max_ms) == (min(values), max(values)), how
        for share in SHARES:
            assert tally.percentile_ms(share) == pytest.approx(exact(values, share), rel=histogram.ERROR), how
            if how != "without others":
                within(tally.percentile_ms(share), values, share)
    assert rebuild.differences(*DAY) == []


@pytest.mark.parametrize("resolution_s", [10, 60, 3600])
@pytest.mark.parametrize("values", DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_readers_by_sql_get_the_same(values, resolution_s):
    store(values)
    tally = Rollup.objects.at(resolution_s).tallies()[()]
    with connection.cursor() as cursor:
        for share in SHARES:
            cursor.execute(SQL, [share, share, resolution_s])
            bounded, unbounded = cursor.fetchone()
            assert bounded == pytest.approx(tally.percentile_ms(share), rel=1e-9)
            assert unbounded == pytest.approx(exact(values, share), rel=histogram.ERROR)


@pytest.mark.parametrize(
    "values", [[20 * 24 * HOUR_MS] * 3, [40.0, 13 * 24 * HOUR_MS, 300 * 24 * HOUR_MS]], ids=["alike", "apart"]
)
def test_calls_longer_than_the_last_bucket_are_never_told_longer_than_they_took(values):
    store(values)
    store([2.0, 30.0, 500.0, 70_000.0], tool="sms")
    last = histogram.BOUNDS_MS[-1]
    for how, tally in readings().items():
        assert (tally.durations.count, tally.durations.max_ms) == (len(values), max(values)), how
        for share in SHARES:
            assert min(values) * (1 - histogram.ERROR) <= tally.percentile_ms(share) <= max(values), how
            assert (tally.percentile_ms(share) >= last) == (exact(values, share) >= last), how
    with connection.cursor() as cursor:
        cursor.execute(SQL, [0.99, 0.99, 3600])
        bounded, _ = cursor.fetchone()
    assert last <= bounded <= max(values)
    assert rebuild.differences(*DAY) == []


def test_a_call_that_is_taken_out_leaves_no_difference_and_its_row_still_holds_the_rest():
    write_spans([make_row(duration_ms=100.0), make_row(duration_ms=900.0)])
    Span.objects.filter(duration_ms=900.0).delete()
    with connection.cursor() as cursor:
        for level in rollup_sql.LEVELS:
            cursor.execute(TAKEN_OUT.format(level.table), [histogram.packed(histogram_of([900.0]).counts)])
    Rollup.objects.update(spans=F("spans") - 1)
    assert {found.table for found in rebuild.differences(*DAY)} == {ended_sql.TABLE}
    tally = Rollup.objects.at(60).tallies()[()]
    assert tally.percentile_ms(0.99) == pytest.approx(100.0, rel=histogram.ERROR)
    assert tally.durations.max_ms == 900.0
    rebuild.recompute(*DAY)
    assert Rollup.objects.at(60).tallies()[()].percentile_ms(0.99) == 100.0


@pytest.mark.parametrize(
    "changed", [{"duration_max_ms": 99.0}, {"duration_min_ms": 101.0}, {"durations": [0, 1]}], ids=str
)
def test_a_latency_that_the_spans_do_not_have_is_a_difference(changed):
    write_spans([make_row(duration_ms=100.0)])
    Rollup.objects.at(60).update(**changed)
    assert [row.key["resolution_s"] for row in rebuild.differences(*DAY)] == [60]


def test_rows_of_before_are_marked_until_they_are_made_anew():
    write_spans([make_row(duration_ms=100.0), make_row(tool="sms", duration_ms=100.0)])
    wide = {"durations": histogram_of([115.0]).counts, "duration_min_ms": 0.0, "duration_max_ms": inf}
    Rollup.objects.filter(series__tool="crm").update(**wide)
    write_spans([make_row(duration_ms=100.0)])
    assert rebuild.differences(*DAY) == []
    errors = {tool: tally.durations.error for (tool,), tally in Rollup.objects.at(60).tallies("tool").items()}
    assert errors == {"crm": histogram.WIDE_ERROR, "sms": histogram.ERROR}
    rebuild.recompute(*DAY)
    assert Rollup.objects.at(60).tallies()[()].percentile_ms(0.95) == 100.0
