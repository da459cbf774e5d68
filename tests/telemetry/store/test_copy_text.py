"""COPY's text as we write it says what psycopg would have written."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.dictionaries import lookup
from telemetry.store import batch_sql, copy_text
from telemetry.values.texts import clean, storable
from tests.telemetry.builders import make_row

TEXTS = st.text().map(lambda text: clean(text, 100))
NAMES = ["session_id", "tool_call_id", "error_type", "error_message", "arguments", "result", "messages"]
JSON = st.dictionaries(
    st.text(max_size=5).map(lambda name: clean(name, 9)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3),
    ).map(storable),
    max_size=4,
)
BIGINT, COUNT = st.integers(-(2**63), 2**63 - 1), st.none() | st.integers(0, 2**31 - 1)
ROWS = st.builds(
    lambda texts, **values: replace(make_row(), **values, **dict(zip(NAMES, texts, strict=True))),
    texts=st.tuples(*(TEXTS for _ in NAMES)),
    start_time=st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    start_ns=st.integers(0, 999),
    trace_id=st.integers(1, 2**128 - 1).map(lambda number: uuid.UUID(int=number)),
    span_id=BIGINT,
    parent_span_id=st.none() | BIGINT,
    duration_ms=st.floats(0, 1e300),
    input_tokens=COUNT,
    output_tokens=COUNT,
    cost_usd=st.none() | st.decimals(0, 999, places=9),
    fingerprint=st.none() | BIGINT,
    own_name=st.none() | TEXTS,
    attributes=JSON,
    events=st.lists(JSON, max_size=2),
)


def as_psycopg_would(row, ids):
    """The values of *row* in the order of ``copy_text.FIELDS``, for ``write_row``."""
    by_name = {
        "series_id": ids.series[row.series],
        "source_id": ids.sources[row.source],
        "attribute_set_id": ids.attribute_sets.get(row.attribute_set),
    }
    by_name |= {
        name: copy_text.write_json(getattr(row, name)) if getattr(row, name) else None for name in copy_text.JSON
    }
    return [by_name[name] if name in by_name else getattr(row, name) for name in copy_text.FIELDS]


def pending(write):
    """What the table holds into which the store copies, after *write*."""
    with connection.cursor() as cursor:
        cursor.execute(batch_sql.CREATE_PENDING)
        cursor.execute(f"TRUNCATE {batch_sql.PENDING}")
        with cursor.copy(batch_sql.COPY) as copy:
            write(copy)
        cursor.execute(f"SELECT {', '.join(copy_text.FIELDS)} FROM {batch_sql.PENDING}")
        return cursor.fetchall()


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_our_text_says_what_psycopg_would_write_row_by_row(rows):
    ids = lookup.resolve(rows)

    def by_psycopg(copy):
        for row in rows:
            copy.write_row(as_psycopg_would(row, ids))

    assert pending(lambda copy: copy.write(copy_text.lines(rows, ids))) == pending(by_psycopg)


def test_nothing_is_null_but_what_is_none():
    row = make_row(own_name=None, cost_usd=Decimal("0.000000001"), tool="\\N")
    ids = lookup.Ids({row.series: 1}, {row.source: 2}, {})
    line = copy_text.lines([replace(row, session_id="\\N")], ids).decode().rstrip("\n").split("\t")
    said = dict(zip(copy_text.FIELDS, line, strict=True))
    assert (said["own_name"], said["session_id"], said["attribute_set_id"]) == ("\\N", "\\\\N", "\\N")
    assert said["events"] == said["links"] == "\\N"
