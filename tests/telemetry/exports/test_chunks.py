"""An export reads each span of its query and its period once, in short transactions that stand in nobody's way."""

import uuid
from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from telemetry.exports import chunks
from telemetry.exports.chunks import Unreadable, chunks_of, slices
from telemetry.exports.models import Export
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

HOUR = timedelta(hours=1)


def export_of(query="", start=NOON - 3 * HOUR, end=NOON + HOUR, **fields):
    return Export(query=query, start=start, end=end, format="csv", **fields)


def read(export):
    return [exported for chunk in chunks_of(export) for exported in chunk.spans]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_slices_are_the_whole_period_without_a_gap_and_end_at_whole_hours(after, seconds):
    start = NOON + timedelta(seconds=after)
    parts = list(slices(start, start + timedelta(seconds=seconds)))
    assert sum((end - begin for begin, end in parts), timedelta()) == timedelta(seconds=seconds)
    assert all(later[0] == earlier[1] for later, earlier in pairwise(parts))
    assert all(end - begin <= HOUR and (begin.minute, begin.second) == (0, 0) for begin, end in parts[:-1])


@pytest.mark.django_db
def test_every_span_is_read_once_and_the_newest_first(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 3)
    same_moment = [make_row(span_id=number, start_time=NOON) for number in range(-3, 4)]
    spread = [make_row(start_time=NOON - timedelta(minutes=20 * number)) for number in range(8)]
    write_spans([*same_moment, *spread])
    found = [span.pk for span, _ in read(export_of())]
    assert len(found) == len(set(found)) == 15
    assert found == sorted(found, reverse=True)


@pytest.mark.django_db
def test_only_what_matches_and_began_in_the_period_is_read():
    write_spans(
        [
            make_row(tool="crm", provider="groq"),
            make_row(tool="sms"),
            make_row(tool="crm", start_time=NOON + HOUR),
            make_row(tool="crm", start_time=NOON - 3 * HOUR, attributes={"customer": "CUST001"}),
        ]
    )
    assert {span.start_time for span, _ in read(export_of("tool:crm"))} == {NOON, NOON - 3 * HOUR}
    assert [span.provider for span, _ in read(export_of("tool:crm provider:groq"))] == ["groq"]
    assert [span.attributes for span, _ in read(export_of("attr.customer=CUST001"))] == [{"customer": "CUST001"}]


@pytest.mark.django_db
def test_payloads_are_read_where_they_are_wanted():
    write_spans([make_row(arguments="{}"), make_row()])
    assert [payload for _, payload in read(export_of())] == [None, None]
    found = [payload and payload.arguments for _, payload in read(export_of(with_payloads=True))]
    assert sorted(found, key=str) == ["{}", None] or sorted(found, key=str) == [None, "{}"]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 5])
def test_a_chunk_asks_the_same_however_many_spans_it_has(rows):
    write_spans([make_row(trace_id=uuid.uuid4(), arguments="{}") for _ in range(rows)])
    with CaptureQueriesContext(connection) as asked:
        assert len(read(export_of(start=NOON, end=NOON + HOUR, with_payloads=True))) == rows
    tables = [query["sql"].partition(" FROM ")[2].split()[0] for query in asked if " FROM " in query["sql"]]
    small = ['"telemetry_series"', '"telemetry_source"']
    assert tables == ['"telemetry_span"', *small, '"telemetry_span_payload"']


@pytest.mark.django_db
def test_a_chunk_is_read_in_the_order_of_the_key_and_nothing_is_sorted():
    """Also where Postgres does not know yet how much there is in a new partition."""
    write_spans([make_row(start_time=NOON + timedelta(milliseconds=number)) for number in range(2000)])
    with CaptureQueriesContext(connection) as asked:
        read(export_of(start=NOON, end=NOON + HOUR))
    reads = [query["sql"] for query in asked if 'FROM "telemetry_span"' in query["sql"]]
    with connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(f"EXPLAIN {sql}")  # in the same transaction, and so with the same settings
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Scan Backward" in plan and "Sort" not in plan, plan
    assert len(reads) == 3


@pytest.mark.django_db(transaction=True)
def test_between_chunks_no_transaction_is_open(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 2)
    write_spans([make_row() for _ in range(5)])
    found = []
    for chunk in chunks_of(export_of(start=NOON, end=NOON + HOUR)):
        assert not connection.in_atomic_block
        write_spans([make_row(start_time=NOON - HOUR)])
        found.append(len(chunk.spans))
    assert found == [2, 2, 1]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_an_export(monkeypatch):
    """In the middle of a chunk's transaction, others read and write as ever."""
    write_spans([make_row(arguments="{}") for _ in range(5)])
    answered = []

    def meanwhile(span):
        if not answered:
            with psycopg.connect(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"]) as other:
                other.execute("SET statement_timeout = '2s'")
                other.execute("SET lock_timeout = '200ms'")
                answered.append(other.execute("SELECT count(*) FROM telemetry_span").fetchone()[0])
                other.execute("UPDATE telemetry_rollup SET spans = spans")
                other.execute("INSERT INTO telemetry_heartbeat VALUES ('test', now())")
        return span.start_time, span.trace_id, span.span_id

    monkeypatch.setattr(chunks, "key_of", meanwhile)
    read(export_of(start=NOON, end=NOON + HOUR, with_payloads=True))
    assert answered == [5]


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_takes_too_long_says_what_to_do(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_TIMEOUT_S", 0.001)
    write_spans([make_row(error_message="x" * 2000) for _ in range(2000)])
    with pytest.raises(Unreadable, match="takes too long"):
        read(export_of('error:"*y*z*" or text:"*a*b*c*d*"', start=NOON, end=NOON + HOUR))
