"""The canary's spans are stored like any others, and taken back: what stays is a beat."""

import pytest
from django.db import connection

from telemetry.models import Heartbeat, Span
from telemetry.process import heartbeats
from telemetry.rollups import rebuild
from telemetry.semconv import CANARY_TOOL, Origin
from telemetry.store import batches
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

UNTOUCHED = """
SELECT (SELECT count(*) FROM telemetry_span), (SELECT count(*) FROM telemetry_span_payload),
    (SELECT count(*) FROM telemetry_rollup), (SELECT count(*) FROM telemetry_tool_rollup),
    (SELECT count(*) FROM telemetry_ended), (SELECT count(*) FROM telemetry_error_group),
    (SELECT count(*) FROM telemetry_series WHERE tool = %s)"""


def canary(**changes):
    return make_row(**{"tool": CANARY_TOOL, "caller_role": "", "arguments": "{}", **changes})


def counts():
    with connection.cursor() as cursor:
        cursor.execute(UNTOUCHED, [CANARY_TOOL])
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ["first_try", "tool_bug"])
def test_a_canary_is_in_no_table_and_its_heart_beats(outcome):
    write_spans([make_row()])
    before = counts()
    assert write_spans([canary(outcome=outcome, status=2 if outcome == "tool_bug" else 1)]) == 0
    assert counts() == before
    assert heartbeats.CANARY in heartbeats.last()


@pytest.mark.django_db(transaction=True)
def test_those_beside_it_are_stored_and_counted():
    assert write_spans([make_row(), canary(), make_row()]) == 2
    assert Span.objects.count() == 2
    start = Span.objects.first().start_time
    assert rebuild.differences(start, start) == []


@pytest.mark.django_db(transaction=True)
def test_what_would_keep_spans_from_being_stored_keeps_its_heart_from_beating(monkeypatch):
    def fails(*told):
        raise RuntimeError("no place to copy to")

    monkeypatch.setattr(batches, "_copy", fails)
    with pytest.raises(RuntimeError):
        write_spans([canary()])
    assert not Heartbeat.objects.filter(name=heartbeats.CANARY).exists()


@pytest.mark.django_db(transaction=True)
def test_a_canary_that_others_report_is_a_tool_of_theirs():
    assert write_spans([canary(origin=Origin.REPORTED)]) == 1
    assert not Heartbeat.objects.filter(name=heartbeats.CANARY).exists()
