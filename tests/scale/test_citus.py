"""The schema keeps the rules of Citus (docs/scaling.md), so that it can be distributed as it is.

Citus refuses to distribute a table with a unique index that lacks the distribution column, and foreign keys from
one distributed table to another that do not include it.
"""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

# What docs/scaling.md distributes, and by which column; the other tables are reference tables or small.
DISTRIBUTED = {
    "telemetry_span": "trace_id",
    "telemetry_span_payload": "trace_id",
    "telemetry_witness": "trace_id",
    "telemetry_rollup": "series_id",
    "telemetry_tool_rollup": "tool",
    "telemetry_ended": "series_id",
    "telemetry_error_count": "fingerprint",
    "telemetry_violation": "series_id",
}
REFERENCE = {"telemetry_series", "telemetry_source", "telemetry_attribute_set", "telemetry_error_group"}
UNIQUE_INDEXES = """
SELECT indexrelid::regclass::text, array_agg(attname::text)
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE indrelid = %s::regclass AND indisunique GROUP BY 1"""
FOREIGN_KEYS = (
    "SELECT conname, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass"
)
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"


def rows(query, table):
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        return cursor.fetchall()


@pytest.mark.parametrize(("table", "column"), DISTRIBUTED.items())
def test_every_unique_index_has_the_distribution_column(table, column):
    indexes = dict(rows(UNIQUE_INDEXES, table))
    assert indexes, "a distributed table needs a primary key"
    assert {name for name, columns in indexes.items() if column not in columns} == set()


@pytest.mark.parametrize("table", DISTRIBUTED)
def test_no_foreign_key_crosses_shards_and_no_trigger_fires(table):
    assert {target for _, target in rows(FOREIGN_KEYS, table)} <= REFERENCE
    assert rows(TRIGGERS, table) == []


@pytest.mark.parametrize("table", DISTRIBUTED)
def test_no_column_is_filled_from_a_sequence(table):
    """A sequence is one place that every shard would have to ask."""
    query = (
        "SELECT attname FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
        "WHERE attrelid = %s::regclass AND (attidentity <> '' OR pg_get_expr(adbin, adrelid) LIKE 'nextval%%')"
    )
    assert rows(query, table) == []


@pytest.mark.parametrize("table", REFERENCE)
def test_what_repeats_is_small_enough_to_be_on_every_node(table):
    """A reference table has a primary key and belongs to nobody's partition."""
    assert rows(UNIQUE_INDEXES, table)
    assert rows("SELECT 1 FROM pg_inherits WHERE inhrelid = %s::regclass", table) == []
