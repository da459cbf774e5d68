"""What model calls came to by deployment, read from stored spans."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from telemetry.health import model_calls
from telemetry.health.model_calls import LATELY, Latency, ModelCall, figures_of, lately, newest
from telemetry.models import Span
from telemetry.semconv import DEPLOYMENT, ROUTE_REASON, TIME_TO_FIRST_CHUNK
from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call

pytestmark = pytest.mark.django_db
SOL, FLASH = ("openai", "gpt-6-sol"), ("gemini", "gemini-3.8-flash")
DAY = timedelta(hours=24)


def asked(deployment="sol", ago_s=60.0, *, model=SOL, error="", reason="", first_s=None, **changes):
    """The row of a `chat` span of ours."""
    said = {DEPLOYMENT: deployment, ROUTE_REASON: reason, TIME_TO_FIRST_CHUNK: first_s}
    values = {
        "start_time": timezone.now() - timedelta(seconds=ago_s),
        "provider": model[0],
        "model": model[1],
        "status": 2 if error else 1,
        "error_type": error,
        "attributes": {name: value for name, value in said.items() if value},
    }
    return model_call(**values | changes)


def of_day(*models):
    return newest(models or (SOL,), timezone.now()).figures(timezone.now() - DAY)


def test_calls_are_told_by_deployment_though_it_is_no_column(django_assert_max_num_queries):
    rows = [asked(span_id=n) for n in range(1, 4)]
    rows += [asked("flash", model=FLASH, span_id=4, error="timeout"), asked("other", span_id=5)]
    write_spans(rows)
    # With the transaction that bounds it.
    with django_assert_max_num_queries(7):
        found = of_day(SOL, FLASH)
    assert {name: (one.calls, one.failed) for name, one in found.items()} == {
        "sol": (3, 0),
        "other": (1, 0),
        "flash": (1, 1),
    }


def test_only_our_own_model_calls_of_a_day_and_of_these_models_count():
    write_spans(
        [
            asked(),
            asked(span_id=2, origin="reported"),
            asked(span_id=3, ago_s=DAY.total_seconds() + 60),
            asked(span_id=4, model=FLASH),
            asked(span_id=5, operation="execute_tool", outcome="first_try"),
            asked("", span_id=6),
        ]
    )
    assert {name: one.calls for name, one in of_day().items()} == {"sol": 1}
    assert newest((), timezone.now()).calls == ()


def test_shared_attributes_are_read_like_own_ones():
    write_spans([asked(attributes={}, attribute_set=f'{{"{DEPLOYMENT}": "sol"}}')])
    assert of_day()["sol"].calls == 1


def test_latencies_are_of_those_that_were_answered_to_the_first_token_and_whole():
    write_spans(
        [asked(span_id=n, duration_ms=1000.0 * n, first_s=0.1 * n) for n in range(1, 21)]
        + [asked(span_id=21, duration_ms=60_000.0, error="timeout")]
        + [asked(span_id=22, duration_ms=500.0)]
    )
    sol = of_day()["sol"]
    assert (sol.whole.count, sol.whole.p50_ms, sol.whole.p95_ms) == (21, 10_000, 19_000)
    assert (sol.first.count, sol.first.p50_ms) == (20, 1_000)


def test_what_was_asked_instead_of_another_counts_at_both():
    write_spans(
        [
            asked("sol", span_id=1, error="rate_limit"),
            asked("flash", span_id=2, reason="sol: rate_limit"),
            asked("flash", span_id=3, reason="resting: it rests for 30 s"),
            asked("flash", span_id=4, reason="flash: malformed_call"),
        ]
    )
    found = of_day()
    assert (found["sol"].fallbacks_in, found["sol"].fallbacks_out) == (0, 1)
    assert (found["flash"].fallbacks_in, found["flash"].fallbacks_out) == (2, 0)
    assert (found["resting"].calls, found["resting"].fallbacks_out) == (0, 1)


def test_what_stands_for_more_counts_as_many():
    write_spans([asked(span_id=1, duration_ms=10.0), asked(span_id=2, duration_ms=900.0)])
    Span.objects.filter(span_id=1).update(weight=10)
    sol = of_day()["sol"]
    assert (sol.calls, sol.whole.count, sol.whole.p50_ms) == (11, 11, 10.0)


def test_errors_are_told_by_kind_with_the_least_share_that_they_are():
    write_spans([asked(span_id=n, error="server") for n in range(1, 11)] + [asked(span_id=11, error="context")])
    sol = of_day()["sol"]
    assert sol.errors == {"server": 10, "context": 1}
    failed, least = sol.failed_by({"server", "timeout"})
    assert failed == 10 and 0.6 < least < 10 / 11


def test_now_is_told_from_before():
    write_spans([asked(span_id=1), asked(span_id=2, ago_s=LATELY.total_seconds() + 30)])
    sol = lately([SOL])["sol"]
    assert (sol.now.calls, sol.before.calls) == (1, 1)


def test_of_very_many_the_newest_are_read_and_since_when_is_said(monkeypatch):
    monkeypatch.setattr(model_calls, "MOST", 3)
    write_spans([asked(span_id=n, ago_s=100.0 * n) for n in range(1, 7)])
    found = newest([SOL], timezone.now())
    assert len(found.calls) == 3
    assert found.since == found.calls[-1].started > timezone.now() - timedelta(seconds=310)


def test_what_takes_too_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(model_calls, "MOST_MS", 20)

    def sleep(execute, sql, params, many, context):
        slow = "telemetry_attribute_set" in sql
        return execute("SELECT pg_sleep(10)", (), many, context) if slow else execute(sql, params, many, context)

    with connection.execute_wrapper(sleep):
        assert newest([SOL], timezone.now()) is None
        assert lately([SOL]) is None


def test_nothing_has_no_percentile():
    assert Latency.of([]) == Latency()
    assert figures_of([], lambda call: True) == {}
    assert Latency.of([(5.0, 1)]).p95_ms == 5.0


def test_a_time_that_is_no_number_is_none():
    write_spans([asked(attributes={DEPLOYMENT: "sol", TIME_TO_FIRST_CHUNK: "soon"})])
    assert of_day()["sol"].first.count == 0


def test_a_call_names_whom_it_was_asked_instead_of():
    call = ModelCall(timezone.now(), 1.0, "", 1, "b", reason="a: overloaded")
    assert call.instead_of == "a"
    assert call._replace(reason="").instead_of == "" == call._replace(deployment="a").instead_of
