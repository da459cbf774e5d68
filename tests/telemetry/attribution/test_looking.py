"""What is stored of the traces of new spans is found by their traces, also on a day without statistics."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from telemetry.attribution import reading
from telemetry.store import write_spans
from telemetry.witnesses import reading as witnesses
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
TRACES, OF_EACH = 800, 5


@pytest.fixture
def wanted():
    """Some traces of a day with many; of what this transaction has written, there are no statistics."""
    rows = [
        make_row(trace_id=uuid.uuid4(), span_id=number + 1, origin="reported", start_time=NOON)
        for number in range(OF_EACH)
        for _ in range(TRACES)
    ]
    write_spans(rows)
    return [row.trace_id for row in rows[:100]]


def first_and_last():
    return {"first": NOON - timedelta(hours=1), "last": NOON + timedelta(hours=1)}


def scans(node):
    """The scans of the plan below *node* that touch spans: by which index; None: the whole table is read."""
    if (
        str(node.get("Relation Name", "")).startswith("telemetry_span_2")
        and node["Node Type"] != "Bitmap Heap Scan"
    ):
        yield node.get("Index Name")
    if node["Node Type"] == "Bitmap Index Scan":
        yield node["Index Name"]
    for below in node.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize("statement", ["begun", "stored", "near"])
def test_spans_are_found_by_their_trace(wanted, statement):
    bounds = first_and_last()
    sql, parameters = {
        "begun": (reading.BEGUN, [wanted, bounds["first"]]),
        "stored": (reading.STORED, {"traces": wanted, **bounds, "of": [], "ids": []}),
        "near": (witnesses.NEAR, {"traces": wanted, **bounds, "parents": [1], "spans": [1]}),
    }[statement]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        [[[plan]]] = cursor.fetchall()
    found = set(scans((plan if isinstance(plan, dict) else json.loads(plan))["Plan"]))
    of_spans = {name for name in found if not name or "payload" not in name}
    assert of_spans and all(name and name.endswith("_trace_id_idx") for name in of_spans), found
