import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages.traces.tree import build
from dashboard.pages.traces.waterfall import DEEPEST_FOLD, Fold, Row, waterfall
from telemetry.semconv import Outcome
from tests.dashboard.pages.traces.builders import MS, attempt, span
from tests.dashboard.pages.traces.test_tree import SPANS


def rows(*spans, **more):
    return waterfall(build(spans), **more).rows


def pieces(row):
    return [(bar.kind, round(bar.left), round(bar.width)) for bar in row.bars]


def test_a_bar_has_its_place_in_the_trace():
    root, child = rows(span(1, took_ms=100), span(2, 1, start_ms=25, took_ms=50))
    assert pieces(root) == [("run", 0, 100)]
    assert pieces(child) == [("run", 25, 50)]


def test_attempts_and_the_waits_before_them_are_drawn_in_place():
    tries = (
        attempt(1, ended_ms=30, took_ms=30, error="timeout"),
        attempt(2, ended_ms=100, took_ms=50, delay_ms=20),
    )
    [row] = rows(span(1, took_ms=100, outcome="after_retry", attempts=tries, attempts_made=2))
    assert pieces(row) == [("ground", 0, 100), ("bad", 0, 30), ("wait", 30, 20), ("good", 50, 50)]
    assert row.bars[1].words == "attempt 1: timeout, 30.0\u202fms"
    assert [mark.word for mark in row.marks] == ["2 attempts"]


def test_the_wait_in_the_queue_is_drawn_before_the_first_attempt():
    tries = (attempt(1, ended_ms=100, took_ms=40),)
    [row] = rows(span(1, took_ms=100, attempts=tries, queue_wait_ns=60 * MS))
    assert ("queue", 0, 60) in pieces(row)


def test_attempts_without_a_time_follow_each_other():
    from dashboard.pages.traces.spans import Attempt

    tries = tuple(Attempt(number=number, end_ns=0, duration_ns=40 * MS) for number in (1, 2))
    [row] = rows(span(1, took_ms=100, attempts=tries))
    assert pieces(row)[1:] == [("good", 0, 40), ("good", 40, 40)]


def test_attempts_of_a_span_that_was_moved_move_with_it():
    tries = (attempt(1, ended_ms=-900, took_ms=100),)
    moved = rows(span(1, took_ms=100), span(2, 1, start_ms=-1000, took_ms=100, attempts=tries))[1]
    assert pieces(moved) == [("ground", 0, 100), ("good", 0, 100)]


@pytest.mark.parametrize(
    ("changes", "word", "tone"),
    [
        ({"outcome": Outcome.FROM_CACHE, "cache": "hit"}, "cache hit", "cache"),
        ({"outcome": Outcome.FROM_CACHE, "cache": "stale"}, "stale cache hit", "cache"),
        ({"outcome": Outcome.BREAKER}, "breaker open", "bad"),
        ({"outcome": Outcome.RATE_LIMIT}, "rate limited", "warn"),
        ({"outcome": Outcome.FIRST_TRY, "breaker": "half_open"}, "breaker half open", "plain"),
    ],
)
def test_what_kept_a_call_from_running_is_marked(changes, word, tone):
    [row] = rows(span(1, **changes))
    assert ([mark.word for mark in row.marks], row.tone) == ([word], tone)


def test_a_big_trace_is_cut_but_keeps_every_error():
    spans = [span(0, took_ms=500)] + [span(number, 0, start_ms=number / 10) for number in range(1, 5001)]
    spans[4000] = span(4000, 0, start_ms=400, status=2)
    drawn = waterfall(build(spans), selected=4500)
    shown = {row.node.span.span_id for row in drawn.rows if isinstance(row, Row)}
    assert {0, 999, 4000, 4500} <= shown and 1000 not in shown
    assert drawn.drawn == 1002
    assert sum(row.count for row in drawn.rows if isinstance(row, Fold)) == 5001 - 1002


def test_the_rest_is_reached_by_its_place():
    spans = [span(number, start_ms=number) for number in range(30)]
    fold, *_ = rows(*spans, first=20, most=10)
    assert (fold.count, fold.first) == (20, 0)
    shown = [row.node.span.span_id for row in rows(*spans, first=20, most=10) if isinstance(row, Row)]
    assert shown == list(range(20, 30))


def test_the_fold_says_how_many_of_its_spans_failed():
    spans = [span(number, start_ms=number, status=2) for number in range(1500)]
    [fold] = [row for row in rows(*spans, most=10) if isinstance(row, Fold)]
    assert fold.failed == fold.count == 490


def test_a_row_folds_what_is_below_it():
    found = rows(span(1, took_ms=100), span(2, 1, start_ms=1), span(3, 2, start_ms=2), span(4, 1, start_ms=20))
    assert [(row.opens, row.closes) for row in found] == [(True, 0), (True, 0), (False, 1), (False, 1)]


def test_folds_do_not_nest_deeper_than_browsers_do():
    found = rows(*[span(number, number - 1 if number else None) for number in range(900)])
    assert sum(row.opens for row in found) == DEEPEST_FOLD


@given(SPANS, st.integers(1, 20), st.integers(0, 60))
def test_bars_lie_within_the_trace_and_folds_close(spans, most, first):
    depth = 0
    for row in rows(*spans, most=most, first=first):
        depth += row.opens
        if isinstance(row, Row):
            assert all(bar.left >= 0 and bar.width > 0 and bar.left + bar.width <= 100.0001 for bar in row.bars)
        depth -= row.closes
        assert depth >= 0
    assert depth == 0


@given(SPANS, st.integers(1, 20), st.integers(0, 60))
def test_every_span_is_drawn_or_counted_in_a_fold(spans, most, first):
    found = rows(*spans, most=most, first=first)
    drawn = [row.node for row in found if isinstance(row, Row)]
    assert len(drawn) + sum(row.count for row in found if isinstance(row, Fold)) == len(spans)
    assert sum(node.span.failed for node in drawn) == sum(one.failed for one in spans)
