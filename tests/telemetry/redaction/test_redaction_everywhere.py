"""No secret reaches a file, an event or a log, whichever way it goes."""

import io
import logging
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode

from salesboost.env import read_choices
from telemetry import semconv as sc
from telemetry.exporter import JournalProcessor
from telemetry.facts import SpanFacts, decode, encode, redacted
from telemetry.redaction.logs import RedactingFormatter
from tools.call import Caller, ToolResult
from tools.errors import ProviderError
from tools.events import tool_status

SECRET = "sk-abcdefghijklmnopqrstuvwx"
ATTRIBUTES = {
    sc.TOOL_CALL_ARGUMENTS: f'{{"api_key": "hunter2", "to": "jane@acme.com", "key": "{SECRET}"}}',
    sc.TOOL_CALL_RESULT: '{"phone": "+14155552671", "card": "4111 1111 1111 1111"}',
    "salesboost.context.note": f"Bearer {SECRET}",
    "http.request.header.authorization": "hunter2",
}
SECRETS = (SECRET, "hunter2", "jane@acme.com", "5552671", "4111 1111")


def without_secrets(text):
    return not any(secret in text for secret in SECRETS)


def test_the_journal_holds_no_secret_not_even_before_the_span_is_stored(tmp_path):
    processor, provider = (
        JournalProcessor(tmp_path, interval_s=9, batch=50),
        TracerProvider(shutdown_on_exit=False),
    )
    processor.start = lambda: None  # nothing is stored, as while Postgres is away
    provider.add_span_processor(processor)
    with provider.get_tracer("tests").start_as_current_span("execute_tool crm", attributes=ATTRIBUTES) as span:
        span.add_event("exception", {"exception.message": f"refused {SECRET}"})
        span.set_status(Status(StatusCode.ERROR, f"no such key {SECRET}"))
    (file,) = tmp_path.glob("*.spans")
    written = file.read_bytes().decode("latin-1")
    assert "execute_tool crm" in written and "[email]" in written
    assert without_secrets(written)
    processor.journal.close()


def test_a_journal_of_an_older_version_is_redacted_before_it_is_stored():
    (span,) = _spans(ATTRIBUTES)
    kept = decode(encode(span))
    assert kept.redacted
    old = SpanFacts(
        trace_id=1, span_id=1, name="x", start_ns=1, end_ns=2, attributes=ATTRIBUTES, status_message=SECRET
    )
    assert without_secrets(str(redacted(old)))


def test_ids_stay_what_they_are():
    (span,) = _spans({sc.CONVERSATION_ID: "jane@acme.com", sc.TOOL_CALL_ID: "call_4111111111111111"})
    assert decode(encode(span)).attributes[sc.CONVERSATION_ID] == "jane@acme.com"


def test_a_preview_and_an_error_in_an_event_hold_no_secret():
    call = SimpleNamespace(requested="", tool=SimpleNamespace(name="crm"), tool_call_id="call_1", caller=Caller())
    result = ToolResult(
        tool="crm", tool_call_id="call_1", result=None, encoded=b'{"a": 1, "token": "hunter2"}' * 50
    )
    event = tool_status(call, "completed", result=result, error=ProviderError(f"refused {SECRET}"))
    assert "[redacted]" in event["data"]["result_preview"] and "[redacted]" in event["data"]["error"]
    assert without_secrets(str(event))


def test_a_log_line_and_its_traceback_hold_no_secret():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(message)s"))
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    try:
        raise ValueError(f"the key {SECRET} is not known")
    except ValueError:
        logger.exception("%s failed for %s", "crm", "jane@acme.com")
    logger.removeHandler(handler)
    assert "Traceback" in stream.getvalue() and without_secrets(stream.getvalue())


def test_a_wrong_choice_of_detectors_stops_the_start(monkeypatch):
    monkeypatch.setenv("REDACT", "cards,ibans")
    with pytest.raises(ImproperlyConfigured, match="REDACT has 'ibans': choose from cards, emails, or write none"):
        read_choices("REDACT", ["cards", "emails"])
    monkeypatch.setenv("REDACT", "none")
    assert read_choices("REDACT", ["cards"]) == []


def _spans(attributes):
    found = []
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(
        SimpleNamespace(on_start=lambda *_, **__: None, on_end=found.append, _on_ending=lambda span: None)
    )
    provider.get_tracer("tests").start_span("execute_tool crm", attributes=attributes).end()
    return found
