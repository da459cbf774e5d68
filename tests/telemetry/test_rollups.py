from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from telemetry import histogram, rollup_sql, rollups
from telemetry.models import Rollup, Span
from telemetry.semconv import Outcome
from telemetry.store import write_spans
from tests.telemetry.builders import NOON, make_row

DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
spans = st.builds(
    lambda second, number, tool, outcome, attempts, duration_ms: make_row(
        start_time=NOON + timedelta(seconds=second),
        trace_id=f"00000000-0000-0000-0000-{number:012d}",
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
    st.floats(0, 2e5),
)


def recounted(resolution_s):
    """What the rollups should say, counted by plain Python from the spans."""
    counts = {}
    for span in Span.objects.exclude(outcome=""):
        since_midnight = (span.start_time - DAY[0]).total_seconds() // resolution_s * resolution_s
        key = (DAY[0] + timedelta(seconds=since_midnight), span.tool)
        tally = counts.setdefault(key, {"outcomes": {}, "attempts": 0, "us": 0, "durations": histogram.empty()})
        tally["outcomes"][span.outcome] = tally["outcomes"].get(span.outcome, 0) + 1
        tally["attempts"] += span.attempts
        tally["us"] += round(span.duration_ms * 1000)
        tally["durations"][histogram.bucket(span.duration_ms)] += 1
    return counts


class RollupsEqualTheSpans(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(spans, max_size=12), max_size=6), st.data())
    def test_rollups_equal_a_recount_after_any_batches_with_duplicates(self, batches, data):
        for batch in batches:
            write_spans(batch)
            write_spans(data.draw(st.permutations(batch)))
        for resolution_s in rollup_sql.RESOLUTIONS_S:
            tallies = Rollup.objects.at(resolution_s).tallies("bucket", "tool")
            assert {
                key: {
                    "outcomes": {str(outcome): n for outcome, n in tally.counts.items() if n},
                    "attempts": tally.attempts,
                    "us": round(tally.duration_sum_ms * 1000),
                    "durations": tally.durations,
                }
                for key, tally in tallies.items()
            } == recounted(resolution_s)
        assert rollups.differences(*DAY) == []


@pytest.mark.parametrize("duration_ms", [0.0, *histogram.BOUNDS_MS, 1e9])
@pytest.mark.django_db
def test_sql_and_python_agree_on_the_bucket_of_a_duration(duration_ms):
    write_spans([make_row(duration_ms=duration_ms)])
    durations = Rollup.objects.at(10).get().durations
    assert durations.index(1) == histogram.bucket(duration_ms)


@pytest.mark.django_db
def test_a_changed_rollup_is_found_and_made_right_again():
    write_spans([make_row(), make_row(tool="sms")])
    Rollup.objects.filter(series__tool="crm", resolution_s=60).update(first_try=7)
    Rollup.objects.filter(series__tool="sms", resolution_s=10).delete()
    found = rollups.differences(*DAY)
    assert sorted((row.key["resolution_s"], row.stored is None) for row in found) == [(10, True), (60, False)]
    assert rollups.recompute(*DAY) == 6
    assert rollups.differences(*DAY) == []


@pytest.mark.django_db
def test_a_rollup_without_spans_is_a_difference():
    write_spans([make_row()])
    Span.objects.all().delete()
    assert {row.counted for row in rollups.differences(*DAY)} == {None}


@pytest.mark.django_db
def test_the_command_checks_and_rebuilds():
    write_spans([make_row()])
    Rollup.objects.filter(resolution_s=3600).update(attempts=9)
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
    assert (tally.calls, sum(tally.durations)) == (many, many)


@pytest.mark.django_db
def test_tallies_by_nothing_are_the_sum_of_all_and_absent_without_rows():
    assert Rollup.objects.at(60).tallies() == {}
    write_spans([make_row(), make_row(tool="sms", outcome="timeout")])
    tally = Rollup.objects.at(60).tallies()[()]
    assert (tally.succeeded, tally.failed, tally.duration_sum_ms) == (1, 1, 25.0)
