"""How many queries a batch costs: what tells of no call with others pays for none of it."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.dictionaries import lookup
from telemetry.store.batches import write_spans
from tests.telemetry.attribution.test_inheriting import agent, call, chat
from tests.telemetry.builders import make_row
from tests.telemetry.witnesses.builders import FAILED, client, outer, server

pytestmark = pytest.mark.django_db
# The partitions, the dictionaries, the locks, what sampling deleted (two: the spans are of yesterday), COPY, and
# the function that stores.
PLAIN = 7


def queries(*batches):
    """How many queries the last of *batches* takes, beside those of the test's own transaction."""
    lookup.forget()  # the test before took its words back
    for batch in batches[:-1]:
        write_spans(batch)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        write_spans(batches[-1])
    ours = [query["sql"] for query in captured.captured_queries]
    # Prices are read again once a minute, whatever is stored.
    return len([sql for sql in ours if not re.search(r"SAVEPOINT|^TRUNCATE|FROM \"?cost_", sql)])


def of_trace(number, *rows):
    for row in rows:
        row.trace_id = uuid.UUID(int=number)
    return rows


def test_our_own_calls_cost_as_many_queries_as_ever():
    assert queries([make_row()], [make_row() for _ in range(50)]) == PLAIN


def test_reported_spans_cost_one_more_for_all_their_traces():
    batches = [
        [row for at in range(count) for row in of_trace(count + at, agent(), chat(), call())] for count in (1, 30)
    ]
    assert queries(*batches) == PLAIN + 1


def test_a_batch_with_mcp_spans_costs_as_many_however_many_there_are():
    one, many = (
        [row for at in range(count) for row in of_trace(100 * count + at, outer(), client(), server(**FAILED))]
        for count in (1, 30)
    )
    # Two locks, what is known, what is near, the dictionaries again, and the witnesses.
    assert queries(one, many) == PLAIN + 1 + 6


def test_a_call_that_has_a_witness_is_seen_and_then_costs_as_much():
    said = {"agent": "coach", "model": "gpt-4o", "provider": "openai", "session_id": "s"}
    clients = [row for at in range(30) for row in of_trace(1_000 + at, client(**said))]
    calls = [row for at in range(30) for row in of_trace(1_000 + at, outer(**said))]
    # Stored in vain, to see it.
    assert queries(of_trace(9, outer(**said), client(**said)), clients, calls) == PLAIN + 2 + 7 + 1
