"""Tool calls by when they ended and when they were stored."""

from datetime import UTC, datetime, timedelta

import pytest

from telemetry.models import EndedCalls
from telemetry.rollups import rebuild
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def stored(resolution_s=5):
    rows = EndedCalls.objects.filter(resolution_s=resolution_s).order_by("stored_at", "ended_at")
    return [
        ((row.ended_at - NOON).total_seconds(), (row.stored_at - NOON).total_seconds(), row.first_try)
        for row in rows
    ]


def test_a_call_counts_when_it_ended_and_when_it_was_stored():
    write_spans([make_row(duration_ms=400_000.0)], now=at(401))
    write_spans([make_row(duration_ms=1_000.0)], now=at(401))
    assert stored() == [(0, 400, 1), (400, 400, 1)]
    assert stored(60) == [(0, 360, 1), (360, 360, 1)]
    assert EndedCalls.objects.order_by("-longest_ms").first().longest_ms == 400_000.0


def test_a_batch_sent_twice_counts_once():
    batch = [make_row(), make_row()]
    write_spans(batch, now=at(10))
    write_spans(batch, now=at(70))
    assert stored() == [(0, 10, 2)]


def test_what_is_no_tool_call_and_what_runs_for_days_is_left_out():
    write_spans([make_row(outcome="", operation="chat"), make_row(duration_ms=25 * 3600e3)], now=at(10))
    assert stored() == []


def test_old_calls_have_no_fine_steps():
    old = datetime.now(UTC) - timedelta(days=5)
    write_spans([make_row(start_time=old)])
    assert [row.resolution_s for row in EndedCalls.objects.all()] == [60]


def test_a_rebuild_finds_the_same_and_leaves_what_is_right_as_it_was():
    write_spans(
        [make_row(duration_ms=7_200_000.0), make_row(start_time=at(3)), make_row(tool="sms")], now=at(7300)
    )
    assert rebuild.differences(*DAY) == []
    EndedCalls.objects.filter(series__tool="sms", resolution_s=5).update(first_try=7)
    EndedCalls.objects.filter(series__tool="crm", resolution_s=60, ended_at__gte=at(3600)).delete()
    found = [row for row in rebuild.differences(*DAY) if row.table == "telemetry_ended"]
    assert sorted((row.key["resolution_s"], row.stored is None) for row in found) == [(5, False), (60, True)]
    rebuild.recompute(*DAY)
    assert rebuild.differences(*DAY) == []
    # What was wrong counts as stored when it ended; the rest keeps its moment.
    assert sorted(stored()) == [(0, 0, 1), (0, 7300, 1), (7200, 7300, 1)]
