import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from telemetry.counts import histogram, resolutions
from telemetry.models import Rollup, Span, ToolRollup
from telemetry.rollups import rebuild, rollup_sql
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, histogram_of, make_row

DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
spans = st.builds(
    lambda second, number, tool, outcome, attempts, duration_ms: make_row(
        start_time=NOON + timedelta(seconds=second),
        trace_id=uuid.UUID(int=number),
        tool=tool,
        operation="execute_tool" if outcome else "chat",
        outcome=outcome,
        attempts=attempts,
        duration_ms=duration_ms,
    ),
    st.integers(-7200, 7200),
    st.integers(1, 5),
    st.sampled_from(["crm", "sms"]),
    st.sampled_from(["", *map(str, Outcome)]),
    st.integers(1, 4),
    st.floats(0, 2e7),
)


def recounted(resolution_s):
    """What the rollups should say, counted by plain Python from the spans."""
    counts = {}
    for span in Span.objects.exclude(outcome=""):
        since_midnight = (span.start_time - DAY[0]).total_seconds() // resolution_s * resolution_s
        key = (DAY[0] + timedelta(seconds=since_midnight), span.tool)
        tally = counts.setdefault(key, {"outcomes": {}, "attempts": 0, "us": 0, "durations": []})
        tally["outcomes"][span.outcome] = tally["outcomes"].get(span.outcome, 0) + 1
        tally["attempts"] += span.attempts
        tally["us"] += round(span.duration_ms * 1000)
        tally["durations"].append(span.duration_ms)
    return {key: tally | {"durations": histogram_of(tally["durations"])} for key, tally in counts.items()}


class RollupsEqualTheSpans(TestCase):
    @settings(max_examples=25)
    @given(st.lists(st.lists(spans, max_size=12), max_size=6), st.data())
    def test_rollups_equal_a_recount_after_any_batches_with_duplicates(self, batches, data):
        for batch in batches:
            write_spans(batch)
            write_spans(data.draw(st.permutations(batch)))
        rollups_at = {step: Rollup.objects.at(step) for step in rollup_sql.SERIES.resolutions_s}
        rollups_at |= {step: ToolRollup.objects.at(step) for step in rollup_sql.TOOLS.resolutions_s}
        for resolution_s, rows in rollups_at.items():
            tallies = rows.tallies("bucket", "tool")
            assert {
                key: {
                    "outcomes": {str(outcome): n for outcome, n in tally.counts.items() if n},
                    "attempts": tally.attempts,
                    "us": round(tally.duration_sum_ms * 1000),
                    "durations": tally.durations,
                }
                for key, tally in tallies.items()
            } == recounted(resolution_s)
        assert rebuild.differences(*DAY) == []


@pytest.mark.parametrize("duration_ms", [0.0, *histogram.BOUNDS_MS, 1e9])
@pytest.mark.django_db
def test_sql_and_python_agree_on_the_bucket_of_a_duration(duration_ms):
    write_spans([make_row(duration_ms=duration_ms)])
    for stored in (Rollup.objects.at(10).get(), ToolRollup.objects.at(600).get()):
        assert stored.durations == [0] * histogram.bucket(duration_ms) + [1]
        assert (stored.duration_min_ms, stored.duration_max_ms) == (duration_ms, duration_ms)


@pytest.mark.django_db
def test_a_changed_rollup_is_found_and_made_right_again():
    write_spans([make_row(), make_row(tool="sms")])
    Rollup.objects.filter(series__tool="crm", resolution_s=60).update(first_try=7)
    Rollup.objects.filter(series__tool="sms", resolution_s=10).delete()
    found = rebuild.differences(*DAY)
    assert sorted((row.key["resolution_s"], row.stored is None) for row in found) == [(10, True), (60, False)]
    assert rebuild.recompute(*DAY) == 14
    assert rebuild.differences(*DAY) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "resolution_s"), [(Rollup, 86400), (ToolRollup, 14400), (ToolRollup, 600)])
def test_a_changed_rollup_of_a_longer_step_or_a_tool_is_found_too(model, resolution_s):
    write_spans([make_row(), make_row(start_time=NOON + timedelta(hours=1))])
    model.objects.at(resolution_s).update(attempts=5)
    assert {
        (row.table, row.key["resolution_s"]) for row in rebuild.differences(NOON, NOON + timedelta(hours=2))
    } == {(model._meta.db_table, resolution_s)}
    rebuild.recompute(NOON, NOON + timedelta(hours=1))
    assert rebuild.differences(NOON, NOON + timedelta(hours=1)) == []


@pytest.mark.django_db
def test_an_hour_made_anew_leaves_the_rest_of_its_day_in_the_sum_of_the_day():
    write_spans([make_row(start_time=NOON + timedelta(hours=hour)) for hour in range(5)])
    rebuild.recompute(NOON, NOON + timedelta(hours=1))
    assert Rollup.objects.at(86400).tallies()[()].calls == 5


@pytest.mark.django_db
def test_a_span_that_comes_days_late_counts_where_it_began_and_not_in_steps_that_are_gone():
    began = NOON - timedelta(days=5)
    write_spans([make_row()])
    for days, at_10_s, at_60_s in ((2, 1, 1), (5, 0, 1), (20, 0, 0)):
        began = NOON - timedelta(days=days)
        write_spans([make_row(start_time=began)])
        counted = {step: len(Rollup.objects.at(step).filter(bucket=began)) for step in (10, 60, 3600)}
        assert counted == {10: at_10_s, 60: at_60_s, 3600: 1}
        assert ToolRollup.objects.at(14400).between(began, began + timedelta(hours=1)).tallies()[()].calls == 1
        assert rebuild.differences(began, began + timedelta(hours=1)) == []


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 1, 4)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
)
def test_the_tiles_of_a_period_hold_each_bucket_once(start, length):
    start = start.replace(microsecond=0, tzinfo=UTC)
    start -= timedelta(seconds=start.second % 10)
    end = start + timedelta(seconds=length // timedelta(seconds=10) * 10)
    at = start
    for step_s, first, last in resolutions.tiles(start, end):
        assert first == at < last
        assert (last - first) % timedelta(seconds=step_s) == timedelta(0)
        assert (first - resolutions.EPOCH) % timedelta(seconds=step_s) == timedelta(0)
        at = last
    assert at == end


@pytest.mark.django_db
def test_a_period_read_in_tiles_is_the_sum_of_its_finest_buckets(django_assert_num_queries):
    moments = [NOON + timedelta(minutes=minutes) for minutes in range(-1500, 1500, 37)]
    write_spans([make_row(start_time=moment) for moment in moments])
    start, end = NOON - timedelta(minutes=1485), NOON + timedelta(minutes=1337)
    with django_assert_num_queries(1):
        [tally] = Rollup.objects.spanning(start, end).tallies().values()
    assert tally.calls == sum(start <= moment < end for moment in moments)
    assert tally == Rollup.objects.at(60).between(start, end).tallies()[()]
    assert Rollup.objects.spanning(start, start).tallies() == {}


@pytest.mark.django_db
def test_a_rollup_without_spans_is_a_difference():
    write_spans([make_row()])
    Span.objects.all().delete()
    assert {row.counted for row in rebuild.differences(*DAY)} == {None}


@pytest.mark.django_db
def test_the_command_checks_and_rebuilds():
    write_spans([make_row()])
    Rollup.objects.filter(resolution_s=60).update(attempts=9)
    period = [f"--since={DAY[0]:%F}", f"--until={DAY[1]:%FT%TZ}"]
    with pytest.raises(CommandError, match="1 rollup rows differ"):
        call_command("rebuild_rollups", *period, "--check", stdout=StringIO())
    call_command("rebuild_rollups", *period, stdout=StringIO())
    said = StringIO()
    call_command("rebuild_rollups", *period, "--check", stdout=said)
    assert said.getvalue().strip() == "No difference."


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "2026-02-30T10:00Z"])
def test_the_command_says_how_to_write_a_moment(since):
    with pytest.raises(CommandError, match="write it as"):
        call_command("rebuild_rollups", f"--since={since}")


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, 30])
def test_a_long_period_is_one_query_and_one_row_a_group(many, django_assert_num_queries):
    write_spans([make_row(start_time=NOON + timedelta(minutes=minute)) for minute in range(many)])
    with django_assert_num_queries(1):
        [tally] = Rollup.objects.at(60).between(*DAY).tallies("tool").values()
    assert (tally.calls, tally.durations.count) == (many, many)


@pytest.mark.django_db
def test_tallies_by_nothing_are_the_sum_of_all_and_absent_without_rows():
    assert Rollup.objects.at(60).tallies() == {}
    write_spans([make_row(), make_row(tool="sms", outcome="timeout")])
    tally = Rollup.objects.at(60).tallies()[()]
    assert (tally.succeeded, tally.failed, tally.duration_sum_ms) == (1, 1, 25.0)
