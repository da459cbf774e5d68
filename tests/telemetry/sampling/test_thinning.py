import random
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum

from telemetry.models import Rollup, Span, SpanPayload
from telemetry.rollups import rebuild
from telemetry.sampling import thinning
from telemetry.sampling.decisions import is_kept
from telemetry.sampling.models import SamplingRule, ThinnedHour
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CLOSED = NOON + 2 * HOUR


def make_rule(**changes):
    """A rule that was saved an hour before NOON."""
    values = {"name": "crm", "tool": "crm", "keep_one_in": 4, "keep_payloads_of_one_in": 8, "slow_ms": 1_000}
    rule = SamplingRule.objects.create(**values | changes)
    SamplingRule.objects.update(edited_at=NOON - HOUR)
    return rule


def make_traces(count, seed=1, start=NOON, **changes):
    """Traces of a call of crm inside a span of an agent, each with a payload; returns their ids."""
    rng = random.Random(seed)
    ids = [uuid.UUID(int=rng.getrandbits(128)) for _ in range(count)]
    rows = []
    for number, trace_id in enumerate(ids):
        at = start + timedelta(seconds=number % 3000)
        rows += [
            make_row(start_time=at, trace_id=trace_id, operation="invoke_agent", tool="", outcome=""),
            make_row(**{"start_time": at, "trace_id": trace_id, "span_id": 2, "arguments": "{}"} | changes),
        ]
    write_spans(rows)
    return ids


def thin(now=CLOSED):
    """Thin what is due at *now*; returns what was done to the hour of NOON."""
    thinning.thin_due(now)
    return ThinnedHour.objects.get(hour=NOON)


def weighed():
    return Span.objects.aggregate(total=Sum("weight"))["total"]


def test_a_closed_hour_is_thinned_and_the_weights_say_how_much_there_was():
    make_rule()
    make_traces(1_000)
    thinned = thin()
    kept = Span.objects.count()
    assert set(Span.objects.values_list("weight", flat=True)) == {4}
    assert (thinned.removed, weighed()) == (2_000 - kept, 4 * kept)
    # Three standard deviations of 1,000 traces of two spans each.
    assert abs(weighed() - 2_000) < 3 * 2 * (1_000 * 3) ** 0.5
    assert SpanPayload.objects.count() < kept / 2
    assert thinned.payloads_removed == 1_000 - SpanPayload.objects.count()


def test_rollups_stay_exact_and_a_rebuild_leaves_them():
    make_rule()
    make_traces(50)
    write_spans([make_row(start_time=NOON + HOUR)])
    thin()
    assert Rollup.objects.at(3600).between(NOON, NOON + HOUR).tallies()[()].calls == 50
    day = (NOON - 12 * HOUR, NOON + 12 * HOUR)
    assert rebuild.differences(*day) == []
    rebuild.recompute(*day)
    assert Rollup.objects.at(60).tallies()[()].calls == 51
    said = StringIO()
    call_command("rebuild_rollups", f"--since={day[0]:%F}", f"--until={day[1]:%FT%TZ}", "--check", stdout=said)
    assert "No difference." in said.getvalue()
    assert f"1 hours were left as they are, from {NOON:%F %H}:00" in said.getvalue()


def test_traces_that_failed_or_were_slow_or_have_no_rule_are_kept_whole():
    make_rule(keep_one_in=1_000, keep_payloads_of_one_in=1_000)
    make_traces(20, seed=1, outcome="timeout", status=2)
    make_traces(20, seed=2, outcome="rate_limit")
    make_traces(20, seed=3, duration_ms=1_001.0)
    make_traces(20, seed=4, tool="sms")
    make_traces(20, seed=5)
    thin()
    assert (Span.objects.count(), SpanPayload.objects.count()) == (160, 80)


def test_a_trace_that_fails_an_hour_later_is_kept_from_its_beginning():
    make_rule(keep_one_in=1_000, keep_payloads_of_one_in=1_000)
    [trace_id] = make_traces(1, start=NOON + timedelta(minutes=59))
    write_spans([make_row(start_time=NOON + HOUR, trace_id=trace_id, span_id=3, outcome="timeout", status=2)])
    thin()
    assert Span.objects.count() == 3


@pytest.mark.parametrize(("usual_ms", "slow_ms"), [(10.0, 400.0), (150_000.0, 900_000.0)])
def test_what_is_slow_for_its_tool_is_kept_where_the_rule_names_no_limit(usual_ms, slow_ms):
    make_rule(keep_one_in=1_000, keep_payloads_of_one_in=1_000, slow_ms=None)
    make_rule(name="rare", tool="rare", keep_one_in=1_000, keep_payloads_of_one_in=1_000, slow_ms=None)
    make_traces(300, seed=1, duration_ms=usual_ms)
    make_traces(2, seed=2, duration_ms=slow_ms)
    make_traces(30, seed=3, tool="rare")
    thin()
    assert Span.objects.filter(duration_ms=slow_ms).count() == 2
    assert Span.objects.filter(series__tool="rare").count() == 30
    assert Span.objects.filter(series__tool="crm").count() < 10


def test_payloads_alone_can_be_thinned():
    make_rule(keep_one_in=1, keep_payloads_of_one_in=5)
    make_traces(200)
    thinned = thin()
    assert (thinned.removed, Span.objects.count(), weighed()) == (0, 400, 400)
    assert 15 < SpanPayload.objects.count() < 70
    assert rebuild.thinned_hours(NOON, NOON + HOUR) == []


@pytest.mark.parametrize("changes", [{"enabled": False}, {"tool": "sms"}])
def test_a_rule_that_does_not_hold_thins_nothing(changes):
    make_rule(**changes)
    make_traces(50)
    thinning.thin_due(CLOSED)
    assert Span.objects.count() == 100


def test_a_new_rule_leaves_the_past_alone_and_an_open_hour_waits():
    rule = make_rule()
    SamplingRule.objects.filter(pk=rule.pk).update(edited_at=NOON - timedelta(minutes=1))
    assert thinning.due_hours(CLOSED - timedelta(seconds=1)) == []
    assert thinning.due_hours(CLOSED) == [NOON]
    SamplingRule.objects.filter(pk=rule.pk).update(edited_at=NOON + timedelta(minutes=1))
    assert thinning.due_hours(CLOSED) == []
    assert thinning.due_hours(CLOSED + HOUR) == [NOON + HOUR]


def test_a_run_out_of_time_is_taken_up_and_comes_to_the_same(monkeypatch):
    monkeypatch.setattr(thinning, "CHUNK_TRACES", 10)
    make_rule()
    ids = make_traces(100)
    turns = iter([False, False, True])
    assert thinning.thin(NOON, CLOSED, lambda: next(turns)).ended_at is None
    assert rebuild.thinned_hours(NOON, NOON + HOUR) == [NOON]
    assert Span.objects.count() < 200
    thinning.thin(NOON, CLOSED)
    thinned = thinning.thin(NOON, CLOSED)
    kept = {trace_id for trace_id in ids if is_kept(trace_id, 4)}
    assert set(Span.objects.values_list("trace_id", flat=True)) == kept
    assert thinned.removed == 200 - 2 * len(kept)


def test_a_batch_sent_again_after_its_hour_was_thinned_counts_once():
    make_rule()
    rng = random.Random(9)
    batch = [make_row(trace_id=uuid.UUID(int=rng.getrandbits(128)), arguments="{}") for _ in range(40)]
    write_spans(batch)
    thin()
    left = Span.objects.count()
    assert left < 40
    assert write_spans(batch) == 0
    assert Span.objects.count() == left
    assert Rollup.objects.at(60).tallies()[()].calls == 40


def test_a_new_span_of_a_thinned_hour_stands_for_itself():
    make_rule(keep_one_in=1_000, keep_payloads_of_one_in=1_000)
    make_traces(10)
    thin()
    assert write_spans([make_row(span_id=77)]) == 1
    assert Span.objects.get(span_id=77).weight == 1
    assert Rollup.objects.at(60).tallies()[()].calls == 11
    assert rebuild.differences(NOON, NOON + HOUR) == []
