"""Which model calls went on to another deployment, read from stored spans."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from telemetry.health import model_moves
from telemetry.health.model_moves import Moves, moves_in
from telemetry.models import Span
from telemetry.semconv import DEPLOYMENT, ROUTE, ROUTE_REASON
from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call

pytestmark = pytest.mark.django_db


def asked(number, deployment="sol", reason="", ago_s=60.0, **changes):
    """The row of a `chat` span of ours on the route `chat`."""
    said = {DEPLOYMENT: deployment, ROUTE: "chat"} | ({ROUTE_REASON: reason} if reason else {})
    at = timezone.now() - timedelta(seconds=ago_s)
    return model_call(**{"span_id": number, "start_time": at, "attributes": said} | changes)


def of_an_hour():
    now = timezone.now()
    return moves_in(now - timedelta(hours=1), now)


def test_who_was_asked_instead_of_whom_and_why():
    write_spans(
        [
            asked(1, "sol"),
            asked(2, "flash", "sol: overloaded"),
            asked(3, "flash", "sol: it rests for 30 s", ago_s=50),
            asked(
                4,
                *("flash", "sol: its budget of $5.00 for today is used up, until midnight UTC in 3 h 20 min"),
                ago_s=40,
            ),
            asked(5, "flash", "flash: malformed_call"),  # the same once more
            asked(6, "flash", "sol: overloaded", ago_s=7_200),
            asked(7, "flash", "sol: overloaded", origin="reported"),
            asked(8, "flash", "sol: overloaded", operation="embeddings"),
            asked(9, "", ago_s=30),
        ]
    )
    Span.objects.filter(span_id=2).update(weight=3)
    moves = of_an_hour().moves
    assert [(one.before, one.after, one.route, one.why, one.weight) for one in moves] == [
        ("sol", "flash", "chat", "its budget of $5.00 for today is used up", 1),
        ("sol", "flash", "chat", "it rests", 1),
        ("sol", "flash", "chat", "overloaded", 3),
    ]
    assert moves[2].trace_id == Span.objects.get(span_id=2).trace_id


def test_what_many_spans_have_in_common_is_read_too():
    common = f'{{"{DEPLOYMENT}": "flash", "{ROUTE}": "chat", "{ROUTE_REASON}": "sol: timeout"}}'
    write_spans([asked(1, attributes={}, attribute_set=common)])
    assert [one.why for one in of_an_hour().moves] == ["timeout"]


def test_so_many_are_read_at_most_and_since_when_is_said(monkeypatch):
    monkeypatch.setattr(model_moves, "MOST", 3)
    write_spans([asked(number, "flash", "sol: timeout", ago_s=10.0 * number) for number in range(1, 7)])
    found = of_an_hour()
    assert len(found.moves) == 3 and found.since == found.moves[-1].at


def test_it_is_two_queries_and_one_where_no_model_was_asked(django_assert_num_queries):
    now = timezone.now()
    with django_assert_num_queries(1):
        assert moves_in(now, now) == Moves((), now)
    write_spans([asked(1)])
    # With those that bound it: two of a transaction, three of settings.
    with django_assert_num_queries(7):
        assert of_an_hour().moves == ()


def test_it_never_reads_whole_partitions(settings):
    """However many there are: along an index, and never more than so many rows of them."""
    write_spans([asked(number) for number in range(1, 50)])
    series = list(Span.objects.values_list("series_id", flat=True).distinct())
    now = timezone.now()
    values = {"start": now - timedelta(hours=1), "end": now, "series": series, "most": 2_000}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {model_moves.NEWEST}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on telemetry_span" not in plan and "Limit" in plan


def test_a_read_that_takes_too_long_is_given_up(monkeypatch):
    write_spans([asked(1)])
    monkeypatch.setattr(model_moves, "NEWEST", "SELECT pg_sleep(2), %(start)s, %(end)s, %(series)s, %(most)s")
    monkeypatch.setattr(model_moves, "MOST_MS", 20)
    assert of_an_hour() is None
