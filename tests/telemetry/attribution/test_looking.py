"""What is stored of the traces of new spans is found by their traces, also on a day without statistics."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from telemetry.attribution import queries
from telemetry.database.partitions import partition_name
from telemetry.models import Span
from telemetry.store.batches import write_spans
from telemetry.witnesses import queries as witnesses
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
TRACES, OF_EACH = 800, 5
# A day that no other test writes to: its partition is made in the test, and there are no statistics of it.
THEN = NOON - timedelta(days=9, hours=3)
DAY = partition_name("telemetry_span", THEN.date())


@pytest.fixture
def wanted():
    """Some traces of a day with many."""
    rows = [
        make_row(trace_id=uuid.uuid4(), span_id=number + 1, origin="reported", start_time=THEN)
        for number in range(OF_EACH)
        for _ in range(TRACES)
    ]
    write_spans(rows)
    return [row.trace_id for row in rows[:100]]


def first_and_last():
    return {"first": THEN - timedelta(hours=1), "last": THEN + timedelta(hours=1)}


def scans(node):
    """The scans of the plan below *node* that touch spans: by which index; None: the whole table is read."""
    if str(node.get("Relation Name", "")).startswith(DAY) and node["Node Type"] != "Bitmap Heap Scan":
        yield node.get("Index Name")
    if node["Node Type"] == "Bitmap Index Scan" and str(node["Index Name"]).startswith(DAY):
        yield node["Index Name"]
    for below in node.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize("statement", ["begun", "stored", "near", "again"])
def test_spans_are_found_by_their_trace(wanted, statement):
    bounds = first_and_last()
    sql, parameters = {
        "begun": (queries.BEGUN, [wanted, bounds["first"]]),
        "stored": (queries.STORED, {"traces": wanted, **bounds, "of": [], "ids": []}),
        "again": (queries.AGAIN, [[THEN] * len(wanted), wanted, [1] * len(wanted)]),
        "near": (witnesses.NEAR, {"traces": wanted, **bounds, "parents": [1], "spans": [1]}),
    }[statement]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        [[[plan]]] = cursor.fetchall()
    found = set(scans((plan if isinstance(plan, dict) else json.loads(plan))["Plan"]))
    assert found == {f"{DAY}_{'pkey' if statement == 'again' else 'trace_id_idx'}"}


def test_of_a_long_trace_the_newest_are_read():
    trace_id = uuid.uuid4()
    rows = [
        make_row(
            trace_id=trace_id,
            span_id=number + 1,
            origin="reported",
            agent="coach",
            start_time=THEN + timedelta(seconds=number),
        )
        for number in range(queries.MOST_SPANS + 20)
    ]
    write_spans(rows)
    found = {row.span_id for row in queries.stored([rows[-1]])}
    assert found == {row.span_id for row in rows[20:]}


def a_span(span_id, parent=None, *, at=0, **said):
    blank = {"tool": "", "operation": "", "outcome": ""} | said
    return make_row(
        trace_id=TRACE_ID,
        span_id=span_id,
        parent_span_id=parent,
        origin="reported",
        start_time=NOON + timedelta(seconds=at),
        **blank,
    )


TRACE_ID = uuid.uuid4()
AGENT = {"operation": "invoke_agent", "agent": "coach"}
CHAT = {"operation": "chat", "provider": "openai", "model": "gpt-4o"}
CALL = {"operation": "execute_tool", "tool": "crm", "outcome": "first_try"}


@pytest.mark.parametrize(
    ("first", "last", "model"),
    [
        # The chat lies below a span that says nothing, and that came last.
        ([a_span(1, **AGENT), a_span(3, 2, **CHAT), a_span(8, 1, at=5, **CALL)], a_span(2, 1), "gpt-4o"),
        # So does the call.
        ([a_span(1, **AGENT), a_span(3, 1, **CHAT), a_span(8, 2, at=5, **CALL)], a_span(2, 1), "gpt-4o"),
        # Nothing is below it.
        ([a_span(1, **AGENT), a_span(3, 7, **CHAT), a_span(8, 1, at=5, **CALL)], a_span(2, 1), ""),
    ],
    ids=["above the chat", "above the call", "above nothing"],
)
def test_a_span_that_says_nothing_joins_what_came_before_it(first, last, model):
    write_spans(first)
    write_spans([last])
    assert Span.objects.whole().get(trace_id=TRACE_ID, span_id=8).model == model
