"""What is rare is found by an index: the SQL of a search and the indexes of migration 0004 fit each other."""

from datetime import timedelta

import pytest
from django.db import connection

from telemetry.database import partitions
from telemetry.models import Span
from telemetry.search import compiling, guard, parse
from telemetry.search.texts import WORDS
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db


def plan_of(text):
    """Postgres's plan for *text* over all time, for which the primary key is no help; of bitmaps only."""
    with guard.guarded(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        return Span.objects.filter(compiling.prepared(compiling.plan(parse(text).root))).explain()


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("tool:crm", "series_id = "),
        ("tool:crm status:error", "status = 2"),
        ("outcome:timeout", "outcome = 'timeout'"),
        ("status:ok", "status = 1"),
        ("is:sampled", "weight > 1"),
        ("is:unpriced tool:crm", "series_id = "),
        ("duration:>1s", "duration_ms > "),
        ("attempts:>3", "attempts > 3"),
        ("tokens:>10k", "COALESCE(input_tokens, 0)"),
        ("cost:>$1", "cost_usd > 1"),
        ("span:00000000000000ff", "~ span_id"),
        ("session:s42", "session_id = 's42'"),
        ("call:c", "tool_call_id = 'c'"),
        ("trace:" + "a" * 32, "trace_id = "),
        ("fingerprint:" + "a" * 16, "fingerprint = "),
        ("error:timeout", "@@ '''timeout'''"),
        ("error_type:TimeoutError", "@@ '''timeouterror'''"),
        ("attr.customer_id:CUST001", "attributes @> "),
        ("attr.shared:yes", "attribute_set_id = "),
    ],
)
def test_an_index_serves(text, condition):
    write_spans([make_row(attribute_set='{"shared": "yes"}')])
    served = [line for line in plan_of(text).splitlines() if "Index Cond" in line]
    assert any(condition in line for line in served), plan_of(text)


def test_a_new_partition_has_all_indexes_and_no_others():
    def indexes(table):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass", [table]
            )
            return sorted(line.split(" USING ")[1] for (line,) in cursor.fetchall())

    day = NOON.date() + timedelta(days=300)
    partitions.ensure(connection, [day])
    assert indexes(partitions.partition_name("telemetry_span", day)) == indexes("telemetry_span")


def test_the_words_of_the_index_are_those_of_the_search():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('telemetry_span_words'::regclass)")
        (indexed,) = cursor.fetchone()
        cursor.execute(f"CREATE INDEX same ON telemetry_span USING gin (({WORDS}))")
        cursor.execute("SELECT pg_get_indexdef('same'::regclass)")
        (searched,) = cursor.fetchone()
    assert searched.split(" USING ")[1] in indexed
