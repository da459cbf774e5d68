"""Spans of our own processes are sent on once they are stored."""

import pytest
from django.db import OperationalError, connection
from opentelemetry.sdk.trace import TracerProvider

from salesboost.services import wait_until
from telemetry.health import recording
from telemetry.models import Recorder, Span
from telemetry.process.counters import counters
from telemetry.semconv import OUTCOME, TOOL_NAME
from telemetry.store.writer import get_writer
from telemetry.tracing.exporter import JournalProcessor
from tests.telemetry.forward.builders import arrived, spans_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tracer(tmp_path, forwarding):
    processor = JournalProcessor(tmp_path / "spool", interval_s=0.02, batch=50)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    processor.start()
    yield provider.get_tracer("tests")
    processor.shutdown()
    get_writer().close()


def make(tracer, count=1):
    for _ in range(count):
        with tracer.start_as_current_span("execute_tool crm") as span:
            secret = {"note": "key sk-abcdefghijklmnopqrstuvwxyz123456"}
            span.set_attributes({TOOL_NAME: "crm", OUTCOME: "first_try", **secret})


def stored():
    """The spans of this file's tests; a thread of an earlier test may still store one of its own."""
    return Span.objects.filter(series__tool="crm")


def test_what_is_forwarded_is_stored_before(tracer, forwarding):
    there = []

    def look(posted):
        there.append((len(spans_of(posted)), stored().count()))
        connection.close()
        return 200

    forwarding.decide = look
    make(tracer, 120)
    assert wait_until(lambda: len(arrived(forwarding)) == 120, 20)
    assert all(sent <= in_store for sent, in_store in there)


def test_what_is_forwarded_is_redacted_and_goes_with_the_key(tracer, forwarding):
    make(tracer)
    assert wait_until(lambda: forwarding.got, 20)
    (span,) = spans_of(forwarding.got[0])
    told = {pair.key: pair.value.string_value for pair in span.attributes}
    assert told[TOOL_NAME] == "crm"
    assert "sk-abc" not in told["note"]
    assert forwarding.got[0].headers["authorization"] == "Bearer theirs"


def test_while_postgres_takes_nothing_nothing_is_forwarded(tracer, forwarding, monkeypatch):
    tries = []

    def away(rows):
        tries.append(rows)
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr("telemetry.store.writer.write_spans", away)
        make(tracer, 3)
        assert wait_until(lambda: len(tries) > 3, 20)
        assert forwarding.got == []
    assert wait_until(lambda: len(arrived(forwarding)) == 3, 20)
    assert stored().count() == 3


def test_health_tells_what_was_forwarded_and_what_waits(tracer, forwarding):
    forwarding.stop()
    before = counters().forwarded
    make(tracer, 5)
    assert wait_until(lambda: counters().forwarding() == 5, 20)
    forwarding.start()
    assert wait_until(lambda: counters().forwarded == before + 5, 20)
    counters().report(now=True)
    assert Recorder.objects.get(process=counters().process).forwarded == before + 5
    told = recording.store_health()
    assert (told["forward_waiting"], told["forward_bytes"], told["forward_to"]) == (0, 0, forwarding.url)
