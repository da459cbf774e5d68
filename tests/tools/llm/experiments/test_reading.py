"""What units came to, read from stored spans."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.health import unit_calls
from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call
from tests.tools.llm.experiments.rows import a_call, a_run, expose
from tools.llm.experiments import reading, running
from tools.llm.experiments.models import Exposure, Feedback

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now()


def chat(session, at, after_s=0.0, version="greeting@2", **changes):
    moment = at + timedelta(seconds=after_s)
    return model_call(session_id=session, start_time=moment, prompt_version=version, origin="own", **changes)


def read(run, at):
    reading.refresh(run, at)
    return {row.unit: row for row in Exposure.objects.filter(run=run)}


def test_the_calls_of_a_unit_are_summed_up_within_its_window(now):
    run = a_run(window_minutes=10)
    began = now - 30 * MINUTE
    expose(run, "u", at=began)
    write_spans(
        [
            chat("u", began, span_id=1, cost_usd="0.25"),
            a_call("u", at=began, span_id=2, duration_ms=10.0),
            a_call("u", at=began, span_id=3, duration_ms=30.0, outcome="after_retry"),
            a_call("u", at=began, span_id=4, duration_ms=50.0, outcome="timeout"),
            a_call("u", at=began, span_id=5, outcome="rate_limit"),
            # Counted, and of no latency: no tool ran.
            a_call("u", at=began, span_id=10, duration_ms=1.0, outcome="from_cache"),
            a_call("u", at=began, span_id=11, duration_ms=1.0, outcome="arguments"),
            a_call("u", at=began, span_id=12, duration_ms=1.0, outcome="breaker"),
            a_call("u", at=began, span_id=6, origin="reported"),
            a_call("u", at=began, span_id=7, after_s=601),
            a_call("u", at=began, span_id=8, after_s=-1),
            a_call("v", at=began, span_id=9),
        ]
    )
    row = read(run, now)["u"]
    assert (row.calls, row.succeeded, row.first_try, row.latency_ms, row.cost_usd) == (6, 3, 2, 30.0, 0.25)
    assert not (row.mixed or row.late)
    (unit,), _ = reading.outcomes(run)
    assert (unit.arm, unit.stratum, unit.successes, unit.calls) == ("shorter", 0, 3, 6)


def test_a_unit_of_many_sessions_is_one(now):
    run = a_run(unit="user")
    began = now - 5 * MINUTE
    for session in ("one", "two"):
        expose(run, "u", session=session, at=began)
    write_spans([a_call("one", at=began, span_id=2), a_call("two", at=began, span_id=3, outcome="provider")])
    assert (read(run, now)["u"].calls, read(run, now)["u"].succeeded) == (2, 1)


def test_who_was_told_something_else_before_is_marked_and_counted_all_the_same(now):
    run = a_run()
    began = now - 5 * MINUTE
    for unit in ("mixed", "alike", "other-prompt"):
        expose(run, unit, at=began)
    write_spans(
        [
            chat("mixed", began, -60, "greeting@1", span_id=2),
            a_call("mixed", at=began, span_id=3),
            chat("alike", began, -60, "greeting@2", span_id=4),
            chat("other-prompt", began, -60, "another@1", span_id=5),
        ]
    )
    rows = read(run, now)
    assert {unit: row.mixed for unit, row in rows.items()} == {
        "mixed": True,
        "alike": False,
        "other-prompt": False,
    }
    assert rows["mixed"].calls == 1


def test_what_follows_after_the_end_marks_as_late_and_does_not_count(now):
    run = a_run()
    began = timezone.now()
    expose(run, "u", at=began)
    running.stop(run, by="ann", reason="enough")
    write_spans(
        [
            a_call("u", at=run.ended_at, after_s=1, span_id=2),
            chat("u", run.ended_at, 1, "greeting@1", span_id=3),
        ]
    )
    row = read(run, began + 5 * MINUTE)["u"]
    assert (row.calls, row.late, row.mixed) == (0, True, False)


def test_feedback_is_the_mean_of_what_was_said(now):
    run = a_run()
    expose(run, "u", at=now - MINUTE)
    for sender, score in (("key a", 1.0), ("key b", 0.5)):
        Feedback.objects.create(session_id="u", sender=sender, score=score)
    assert read(run, now)["u"].feedback == 0.75


def test_a_part_is_read_at_a_time_and_what_cannot_change_is_not_read_again(now, django_assert_max_num_queries):
    run = a_run(window_minutes=1)
    for number in range(5):
        expose(run, f"u{number}", at=now - 10 * MINUTE)
    assert [reading.refresh(run, now, most=2) for _ in range(4)] == [2, 2, 1, 0]
    expose(run, "open", at=now)
    with django_assert_max_num_queries(12):  # two of them in transactions of their own
        assert reading.refresh(run, now) == 1
    assert reading.refresh(run, now + MINUTE) == 1
    assert reading.refresh(run, now + 10 * MINUTE) == 1
    assert reading.refresh(run, now + 11 * MINUTE) == 0


def test_todays_traffic_is_that_of_sessions_that_were_told_the_prompt(now):
    rows = [chat(f"s{n}", now, -86_400 * 2, "greeting@1", span_id=n) for n in range(1, 5)]
    rows += [a_call("s1", at=now, after_s=-60, span_id=9, prompt_version="greeting@1", outcome="timeout")]
    rows += [a_call("s1", at=now, after_s=-60, span_id=10, prompt_version="greeting@1")]
    rows += [chat("s9", now, -60, "another@1", span_id=11)]
    write_spans(rows)
    found = unit_calls.traffic("greeting", "", now)
    assert (found.sessions_a_day, found.calls, found.succeeded) == (pytest.approx(2.0, abs=0.01), 2, 1)
