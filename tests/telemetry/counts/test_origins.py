"""What this installation made and what it was told of stay apart, from the door to the rollups."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from opentelemetry.sdk.trace import TracerProvider

from telemetry import api
from telemetry.counts.origins import Calls, counts, looked_at
from telemetry.dictionaries import lookup
from telemetry.exports.otlp_json import trace_as_otlp_json
from telemetry.ingest import otlp
from telemetry.models import Rollup, Span, ToolRollup
from telemetry.rollups import rebuild
from telemetry.semconv import OUTCOME, TOOL_NAME, UNKNOWN_TOOL
from telemetry.store.batches import write_spans
from telemetry.store.writer import get_writer
from telemetry.tracing.exporter import JournalProcessor
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "sms_outreach"  # registered here


@pytest.fixture(autouse=True)
def nothing_remembered():
    lookup.forget()
    yield
    get_writer().close()


def a_span(number, service="shop", tool=OURS, **attributes):
    began = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1e9) + number
    said = {"gen_ai.operation.name": "execute_tool", TOOL_NAME: tool} | attributes
    return {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": f"execute_tool {tool}",
        "kind": 1,
        "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + 5_000_000),
        "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in said.items()],
    }


def a_request(*spans, service="shop"):
    named = [{"key": "service.name", "value": {"stringValue": service}}] if service else []
    return {"resource": {"attributes": named}, "scopeSpans": [{"spans": list(spans)}]}


@pytest.fixture
def send(rf):
    def send(*resource_spans, services=()):
        body = json.dumps({"resourceSpans": list(resource_spans)}).encode()
        request = rf.post("/v1/traces", body, content_type=otlp.JSON)
        request.api_key = SimpleNamespace(scopes=("ingest",), name="partner", services=services)
        answer = async_to_sync(api.traces)(request)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content).get("partialSuccess", {})

    return send


@pytest.fixture
def record(tmp_path):
    """Records a call as our own processes do."""

    def record(tool=OURS, **attributes):
        processor = JournalProcessor(tmp_path, interval_s=0.02, batch=50)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(processor)
        processor.start()
        with provider.get_tracer("tests").start_as_current_span(f"execute_tool {tool}") as span:
            span.set_attributes({TOOL_NAME: tool, OUTCOME: "first_try"} | attributes)
        assert processor.force_flush(10_000)
        processor.shutdown()

    return record


def origins():
    return dict(Span.objects.values_list("series__service", "series__origin"))


def test_what_the_journal_brings_is_ours_and_what_a_sender_brings_is_reported(send, record):
    record()
    send(a_request(a_span(1)))
    assert sorted(Span.objects.values_list("series__origin", flat=True)) == ["own", "reported"]


@pytest.mark.parametrize(
    ("service", "attributes"),
    [
        ("salesboost", {}),
        ("salesboost", {OUTCOME: "first_try", "salesboost.api_key.name": "demo"}),
        ("shop", {"origin": "own", "salesboost.origin": "own", "telemetry.origin": "own"}),
        ("", {OUTCOME: "timeout"}),
    ],
)
def test_nothing_that_a_sender_says_makes_it_ours(send, service, attributes):
    send(a_request(a_span(1, **attributes), service=service))
    assert origins() == {service: "reported"}


def test_a_span_of_ours_that_is_sent_again_stays_as_it_is(send, record):
    record()
    [span] = Span.objects.whole()
    [resource_spans] = trace_as_otlp_json([span])["resourceSpans"]
    send(resource_spans)
    assert list(Span.objects.values_list("series__origin", flat=True)) == ["own"]
    assert sum(row.spans for row in Rollup.objects.at(10)) == 1


def test_rollups_by_tool_keep_them_apart_and_equal_the_spans():
    rows = [make_row(span_id=n, tool="crm", origin="reported" if n % 3 else "own") for n in range(1, 10)]
    write_spans(rows)
    assert rebuild.differences(NOON, NOON + timedelta(hours=1)) == []
    found = {row.origin: row.first_try for row in ToolRollup.objects.at(3600)}
    assert found == {"own": 3, "reported": 6}
    rebuild.recompute(NOON, NOON + timedelta(hours=1))
    assert rebuild.differences(NOON, NOON + timedelta(hours=1)) == []
    assert {row.origin: row.first_try for row in ToolRollup.objects.at(14_400)} == found


@pytest.mark.parametrize(
    ("tool", "origin", "counted"),
    [
        (OURS, "own", True),
        (OURS, "reported", False),
        ("their_tool", "reported", True),
        ("their_tool", "own", True),
        (UNKNOWN_TOOL, "reported", False),
    ],
)
def test_of_a_tool_of_ours_our_own_calls_count_and_of_others_those_reported(tool, origin, counted):
    write_spans([make_row(tool=tool, origin=origin)])
    assert counts(tool, origin) is counted
    assert Span.objects.filter(looked_at(Calls.COUNTED)).exists() is counted
    assert Span.objects.filter(looked_at(Calls.ALL)).exists()
    assert Span.objects.filter(looked_at(origin)).exists()


def test_a_key_bound_to_services_sends_theirs_alone(send):
    theirs, others = a_request(a_span(1), a_span(2)), a_request(a_span(3), a_span(4), service="billing")
    nameless = a_request(a_span(5), service="")
    said = send(theirs, others, nameless, services={"shop"})
    assert int(said["rejectedSpans"]) == 3
    assert "2 refused: service.name is 'billing', and this API key may not send for it" in said["errorMessage"]
    assert "1 refused: it names no service.name" in said["errorMessage"]
    assert set(Span.objects.values_list("series__service", flat=True)) == {"shop"}


@pytest.mark.parametrize("services", [(), {"shop", "billing"}])
def test_a_key_bound_to_none_or_to_all_that_send_refuses_nobody(send, services):
    assert not send(a_request(a_span(1)), a_request(a_span(2), service="billing"), services=services)
    assert Span.objects.count() == 2
