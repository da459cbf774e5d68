"""The two halves of an MCP call by the doors of our own processes and of OTLP: in any order, in one commit or two.

Through one door they are one call. Through two they stay two: nobody who may only send spans takes a call out of
what our own processes count (docs/decisions/0180); rules judge our own half of a tool that is registered here.
"""

import json
import time
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, StatusCode
from opentelemetry.trace.status import Status

from telemetry import api
from telemetry.counts.origins import Calls, looked_at
from telemetry.dictionaries import lookup
from telemetry.ingest import otlp
from telemetry.models import EndedCalls, Span
from telemetry.recorder import records
from telemetry.rollups.rebuild import differences
from telemetry.semconv import Origin
from telemetry.spans import finished
from telemetry.spans.rows import row_from_facts
from telemetry.store.batches import write_spans
from telemetry.store.writer import get_writer

pytestmark = pytest.mark.django_db(transaction=True)
THEIRS, OURS = "explode", "sms_outreach"  # the latter is registered here
TRACE_ID, CLIENT, SERVER = 0xC0FFEE, 2, 3
FAILURE = '{"isError": true, "content": [{"type": "text", "text": "boom"}]}'
BOTH_ORDERS = pytest.mark.parametrize(
    "client_first", [True, False], ids=["the client's first", "the server's first"]
)


@pytest.fixture(autouse=True)
def nothing_remembered():
    lookup.forget()
    yield
    get_writer().close()


def context(span_id):
    return SpanContext(TRACE_ID, span_id, is_remote=False, trace_flags=trace.TraceFlags(1))


def halves(tool):
    """The client's span, which knows of no failure, and the server's, which has its result."""
    began = time.time_ns() - 60 * 10**9
    said = {"mcp.method.name": "tools/call"}
    client = ReadableSpan(
        f"MCP send tools/call {tool}", context(CLIENT), attributes=said, kind=SpanKind.CLIENT,
        start_time=began, end_time=began + 9_000_000,
    )  # fmt: skip
    server = ReadableSpan(
        f"tools/call {tool}", context(SERVER), context(CLIENT), kind=SpanKind.SERVER,
        attributes=said | {"gen_ai.tool.name": tool, "gen_ai.tool.call.result": FAILURE},
        status=Status(StatusCode.ERROR), start_time=began + 1_000_000, end_time=began + 6_000_000,
    )  # fmt: skip
    return client, server


def row_by(door, span):
    """The row of *span* as it comes by *door*, by the journal's form in both cases."""
    said = finished.decode(finished.encode(span))
    return row_from_facts(said, 10_000, "" if door is Origin.OWN else "agents", door)


def journal(span, rf):
    """Our own door: what a process's journal holds is stored."""
    records.store([finished.encode(span)])


def by_otlp(span, rf):
    """The other door: a request of somebody who has a key."""
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in span.attributes.items()]
    sent = {
        **{"traceId": f"{TRACE_ID:032x}", "spanId": f"{span.context.span_id:016x}", "name": span.name},
        **{"startTimeUnixNano": str(span.start_time), "endTimeUnixNano": str(span.end_time)},
        **{"kind": span.kind.value + 1, "status": {"code": span.status.status_code.value}},
        **({"parentSpanId": f"{span.parent.span_id:016x}"} if span.parent else {}),
        "attributes": attributes,
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]}).encode()
    request = rf.post("/v1/traces", body, content_type=otlp.JSON)
    request.api_key = SimpleNamespace(scopes=("ingest",), name="agents", services=())
    assert async_to_sync(api.traces)(request).content == b"{}"


def outcomes():
    return {span.span_id: (span.series.origin, span.outcome) for span in Span.objects.select_related("series")}


def judged(calls=Calls.COUNTED):
    """What rules that look at *calls* see of the last day: first tries and returned failures."""
    rows = EndedCalls.objects.filter(looked_at(calls), resolution_s=60)
    return sum(row.first_try for row in rows), sum(row.returned_failure for row in rows)


def nothing_differs():
    start = Span.objects.earliest("start_time").start_time
    return differences(start, start) == []


DOORS = {"the journal": (Origin.OWN, journal), "OTLP": (Origin.REPORTED, by_otlp)}


@BOTH_ORDERS
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("tool", [THEIRS, OURS])
def test_by_one_door_the_halves_are_one_call_that_failed(tool, door, client_first, rf):
    origin, come_in = DOORS[door]
    for span in halves_in_order(tool, client_first) * 2:
        come_in(span, rf)
    assert outcomes() == {CLIENT: (origin, ""), SERVER: (origin, "returned_failure")}
    assert judged(Calls.ALL) == (0, 1)
    assert nothing_differs()


@BOTH_ORDERS
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("batches", [1, 2], ids=["in one batch", "in two of one transaction"])
def test_so_they_are_in_one_transaction(door, client_first, batches):
    rows = [row_by(DOORS[door][0], span) for span in halves_in_order(THEIRS, client_first)]
    with transaction.atomic():
        for batch in [rows] if batches == 1 else [[row] for row in rows]:
            write_spans(batch)
    assert judged(Calls.ALL) == (0, 1)
    assert nothing_differs()


@BOTH_ORDERS
@pytest.mark.parametrize("ours_is_the_client", [True, False])
def test_by_two_doors_they_are_two_and_our_own_half_of_our_tool_is_judged(client_first, ours_is_the_client, rf):
    client, server = halves(OURS)
    doors = {id(client): journal if ours_is_the_client else by_otlp}
    doors[id(server)] = by_otlp if ours_is_the_client else journal
    for span in (client, server) if client_first else (server, client):
        doors[id(span)](span, rf)
    assert judged(Calls.ALL) == (1, 1)
    assert judged() == judged(Calls.OWN) == ((1, 0) if ours_is_the_client else (0, 1))
    assert nothing_differs()


@BOTH_ORDERS
@pytest.mark.parametrize("batches", [1, 2], ids=["in one batch", "in two of one transaction"])
def test_so_they_are_two_in_one_transaction(client_first, batches):
    client, server = halves(OURS)
    rows = [row_by(Origin.OWN, client), row_by(Origin.REPORTED, server)][:: 1 if client_first else -1]
    with transaction.atomic():
        for batch in [rows] if batches == 1 else [[row] for row in rows]:
            write_spans(batch)
    assert (judged(), judged(Calls.REPORTED)) == ((1, 0), (0, 1))
    assert nothing_differs()


def halves_in_order(tool, client_first):
    client, server = halves(tool)
    return (client, server) if client_first else (server, client)
