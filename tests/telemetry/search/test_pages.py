"""Pages: every span exactly once, in both directions, by few and short queries."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry import search
from telemetry.models import Span
from telemetry.search import SearchError, SearchTooExpensive, guard, walking
from telemetry.search.guard import guarded
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
PERIOD = (NOON - timedelta(days=6), NOON + timedelta(hours=1))
ALL = search.parse("")


@pytest.fixture
def spans():
    """Forty spans over five days, many of which began in the same microsecond."""
    write_spans(
        [
            make_row(
                start_time=NOON - timedelta(days=n // 9),
                trace_id=uuid.UUID(int=1 + n % 3),
                span_id=n - 20,
                tool="crm",
            )
            for n in range(40)
        ]
    )


@pytest.fixture
def short_walks(monkeypatch):
    """Walks end after three spans, so that forty of them are many stretches."""
    monkeypatch.setattr(walking, "WALKED", 3)


def ids(page):
    return [span.span_id for span in page.spans]


def every_page(query, count, cursor=None, towards="next_cursor"):
    pages = [search.page(query, PERIOD, cursor, count)]
    while cursor := getattr(pages[-1], towards):
        pages.append(search.page(query, PERIOD, cursor, count))
    return pages


@pytest.mark.parametrize("count", [1, 4, 7, 39, 40, 41])
def test_pages_hold_every_span_exactly_once_newest_first(spans, short_walks, count):
    pages = every_page(ALL, count)
    shown = [span.pk for page in pages for span in page.spans]
    assert shown == list(
        Span.objects.order_by("-start_time", "-trace_id", "-span_id").values_list("pk", flat=True)
    )
    assert [len(page.spans) for page in pages[:-1]] == [count] * (len(pages) - 1)


@pytest.mark.parametrize("count", [1, 7])
def test_the_way_back_leads_over_the_same_pages(spans, short_walks, count):
    there = every_page(search.parse("tool:crm"), count)
    back = every_page(search.parse("tool:crm"), count, there[-1].previous_cursor, "previous_cursor")
    assert [ids(page) for page in reversed(back)] == [ids(page) for page in there[:-1]]
    assert there[0].previous_cursor is None and back[-1].previous_cursor is None


def test_a_rare_span_is_found_days_away(spans, short_walks):
    write_spans([make_row(start_time=NOON - timedelta(days=5), session_id="s42", span_id=99)])
    assert ids(search.page(search.parse("session:s42"), PERIOD, None, 10)) == [99]


def test_a_page_asks_as_often_for_many_spans_as_for_one(spans):
    query = search.parse("tool:crm attr.x:1")
    write_spans([make_row(attributes={"x": 1}, span_id=n + 100, start_time=NOON) for n in range(3)])
    counts = []
    for count in (1, 3):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = search.page(query, PERIOD, None, count)
            assert [span.tool for span in page.spans] == ["crm"] * count
        counts.append(len(queries))
    # A savepoint, settings kept, set and put back, full scans avoided, series, sets, the walk's edge, the spans.
    assert counts == [10, 10]


def test_nothing_is_asked_of_spans_where_no_series_is_asked_for(spans):
    with CaptureQueriesContext(connection) as queries:
        assert search.page(search.parse("tool:nobody"), PERIOD, None, 10).spans == []
    assert not [query for query in queries if 'FROM "telemetry_span" INNER' in query["sql"]]


@pytest.mark.parametrize(
    "cursor", ["x", "o.1.2", "o.x.00.1", "n.1." + "0" * 32 + ".99999999999999999999", "o" * 999]
)
def test_a_broken_cursor_is_a_search_error(spans, cursor):
    with pytest.raises(SearchError, match="begin again"):
        search.page(ALL, PERIOD, cursor, 10)


def test_a_search_whose_time_is_up_says_how_far_it_came_and_goes_on_from_there(spans, short_walks):
    query = search.parse("not attr.x:1 not tool:sms")
    ticks = iter(range(1000))
    page = search.page(query, PERIOD, None, 30, clock=lambda: next(ticks))
    assert page.truncated and 0 < len(page.spans) < 30
    assert page.searched_to is not None and all(span.start_time >= page.searched_to for span in page.spans)
    rest = search.page(query, PERIOD, page.next_cursor, 100)
    assert len(page.spans) + len(rest.spans) == 40


def test_a_statement_that_takes_too_long_says_what_to_do():
    too_expensive = pytest.raises(SearchTooExpensive, match="shorten the period")
    with too_expensive, guarded(statement_ms=20), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM generate_series(1, 100000000)")


@pytest.mark.django_db(transaction=True)
def test_a_search_cannot_write():
    from django.db import InternalError

    with pytest.raises(InternalError, match="read-only"), guarded():
        Span.objects.all().delete()


def test_what_a_search_sets_ends_with_it():
    def settings():
        with connection.cursor() as cursor:
            cursor.execute(guard._GET)
            return cursor.fetchone()

    before = settings()
    with guarded():
        guard.avoid_full_scans()
        assert settings() != before
    assert settings() == before
