"""What reading costs with a month of spans in the store: the overview, the explorer, a trace; what a span weighs.

``make bench-reading`` makes ten million spans first (``history.py``), which takes minutes; ``SPANS`` makes it
fewer.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from dashboard.addresses import periods
from dashboard.addresses.selection import Selection
from dashboard.pages.overview import views as overview
from salesboost.garbage import settle
from telemetry import search
from telemetry.models import Span
from telemetry.search.pages import Cursor
from tests.bench import history

DAYS = 30
ROUNDS = 20
PAGE_ROWS = 50
DEEP_ROWS = 500_000  # page 10,000
# A key of each kind, common and rare values, and values that nothing has.
FILTERS = (
    *("", "tool:crm_integration", "tool:rare_tool", "tool:no_such_tool", "provider:groq", "model:llama*"),
    *(
        "prompt:v8",
        "role:coach",
        "agent:sales-coach",
        "service:shop",
        "key:shop",
        "operation:chat",
        "status:error",
    ),
    *("outcome:timeout", "outcome:after_fallback", "error:kind", 'error:"asked for CUST77"', "error:nowhere"),
    *("error_type:tool_bug", "session:session-77", f"session:{history.RARE_SESSION}", "call:call_rare"),
    *("duration:>500ms", "duration:>60s", "duration:>10m", "tokens:>2000", "tokens:>1000000", "cost:>$0.001"),
    *(
        "attempts:>2",
        "cache:hit",
        "is:root",
        "is:unpriced",
        "fingerprint:00000000000003f0",
        "attr.customer_id=CUST77",
    ),
    *(f"attr.customer_id={history.RARE_CUSTOMER}", "attr.server.address=api-3.example.com", "attr.nothing=1"),
)


def run(spans: int) -> Iterator[dict[str, object]]:
    """One dictionary a figure; needs Django and a migrated scratch database, which it fills where it is empty."""
    began = time.perf_counter()
    if not Span.objects.exists():
        history.fill(spans, DAYS)
    yield {"bench": "month of spans", "made": count(), "seconds": round(time.perf_counter() - began)}
    yield weight()
    settle()  # as a server does
    now = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC)
    for period in periods.PERIODS.values():
        selection = Selection(period)
        yield figure(f"overview {period.key}", 50, [lambda s=selection: overview.context(s, now)] * ROUNDS)
    yield from explorer((now - timedelta(days=DAYS), now))
    yield trace_pages(spans)


def explorer(window: search.Window) -> Iterator[dict[str, object]]:
    for text in FILTERS:
        query = search.parse(text)
        yield figure(f"explorer {text or 'everything'}", 150, [lambda q=query: first_page(q, window)] * ROUNDS)
    yield from depth(window)
    for text in ("", "tool:crm_integration", "status:error duration:>500ms"):
        query = search.parse(text)
        for name in (search.matches, search.facets):
            ask = (
                (lambda f=name, q=query: f(q, window, 90))
                if name is search.matches
                else lambda f=name, q=query: f(q, window)
            )
            yield figure(f"{name.__name__} {text or 'everything'}", None, [ask] * 5)


def first_page(query: search.Query, window: search.Window) -> search.Page:
    return search.page(query, window, None, PAGE_ROWS)


def depth(window: search.Window) -> Iterator[dict[str, object]]:
    """Page 10,000 beside page 1, of everything and of one tool."""
    for text in ("", "tool:crm_integration"):
        query = search.parse(text)
        rows = Span.objects.filter(start_time__lt=window[1])
        if text:
            rows = rows.filter(series__tool="crm_integration")
        last = rows.order_by("-start_time", "-trace_id", "-span_id")[min(DEEP_ROWS, rows.count() - PAGE_ROWS - 1)]
        deep = str(Cursor.beside(last, older=True))
        for page, cursor in (("page 1", None), ("page 10,000", deep)):
            asked = [lambda q=query, c=cursor: search.page(q, window, c, PAGE_ROWS)] * ROUNDS
            yield figure(f"{page} of {text or 'everything'}", None, asked)


def trace_pages(spans: int) -> dict[str, object]:
    """Whole pages, by Django's client as a signed-in person."""
    client = Client()
    client.force_login(get_user_model().objects.get_or_create(username="bench", is_superuser=True)[0])
    made = spans // history.SPANS_A_TRACE // DAYS * DAYS
    traces = [history.trace_id(number) for number in range(0, made, made // (2 * ROUNDS))]

    def look(trace: str) -> None:
        assert client.get(f"/traces/{trace}/", headers={"host": "localhost"}).status_code == 200

    return figure("trace page", 50, [lambda t=trace: look(t) for trace in traces])


def figure(name: str, target_ms: int | None, asked: list[Callable[[], object]]) -> dict[str, object]:
    """The median and the 95th percentile of the calls *asked*, after one that warms up."""
    asked[0]()
    took = sorted(seconds(ask) * 1000 for ask in asked)
    found = {
        "bench": name,
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[min(len(took) - 1, round(0.95 * len(took)))], 1),
    }
    return found | ({"target_p95_ms": target_ms} if target_ms else {})


def seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM telemetry_span")
        return int(cursor.fetchone()[0])


def weight() -> dict[str, object]:
    """Bytes a stored span, its indexes counted and payloads not: the median of the daily partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_table_size(relid)::float / reltuples, pg_indexes_size(relid)::float / reltuples "
            "FROM pg_partition_tree('telemetry_span') JOIN pg_class ON oid = relid "
            "WHERE isleaf AND reltuples > 1000"
        )
        days = cursor.fetchall()
    row, indexes = (statistics.median(side) for side in zip(*days, strict=True))
    return {
        "bench": "bytes a span",
        "row": round(row),
        "indexes": round(indexes),
        "median_bytes": round(row + indexes),
        "target": "<= 250",
    }
