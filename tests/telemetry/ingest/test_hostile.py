"""A thousand malformed and hostile requests to a real daphne."""

import http.client
import json
from urllib.parse import urlsplit

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.ingest import otlp
from telemetry.models import Span
from telemetry.recorder import intake
from telemetry.recorder.protocol import Head
from tests.live import wait_for
from tests.telemetry.otlp_bodies import a_body, hostile
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
REQUESTS = 1_000


@pytest.fixture
def send(live_server_daphne):
    connection = http.client.HTTPConnection(urlsplit(live_server_daphne.url).netloc, timeout=60)
    authorization = {"Authorization": f"Bearer {create_key('hostile', ['ingest'])[1]}"}
    traces = f"{live_server_daphne.url}/v1/traces"
    # A key is known in every process within two seconds.
    wait_for(lambda: httpx.get(traces, headers=authorization).status_code == 405, 5, "the key known")

    def send(body, headers):
        connection.request("POST", "/v1/traces", body, headers | authorization)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()

    yield send
    connection.close()


def rejected(content_type, answer):
    if content_type == otlp.JSON:
        return int(json.loads(answer).get("partialSuccess", {}).get("rejectedSpans", 0))
    return ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans


def keys_of(rows):
    return {(row.trace_id, row.span_id, row.start_time) for row in rows}


def test_hostile_requests_are_answered_and_what_was_accepted_is_stored(send, live_server_daphne):
    process, statuses, accepted = live_server_daphne.process, set(), set()
    for number in range(REQUESTS):
        body, headers = hostile(number)
        status, content_type, answer = send(body, headers)
        statuses.add(status)
        if status == 200:
            rows, received = intake.rows_of(Head(content_type, headers.get("Content-Encoding", "")), body)
            assert rejected(content_type, answer) == received.rejected
            accepted |= keys_of(rows)
    assert statuses == {200, 400, 413, 415}
    assert Span.objects.filter(series__api_key="hostile").count() == len(accepted)
    status, _, answer = send(a_body(5, b"a good one......"), {"Content-Type": otlp.PROTOBUF})
    assert (status, answer) == (200, b"")
    assert Span.objects.filter(series__api_key="hostile").count() == len(accepted) + 5
    assert live_server_daphne.process is process and live_server_daphne.running
