"""No secret reaches a file, an event or a log, whichever way it goes."""

import io
import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode

from salesboost.checks import StartError, check_database
from salesboost.env import read_choices
from telemetry import semconv as sc
from telemetry.redaction import redact_value
from telemetry.redaction.logs import RedactingFormatter
from telemetry.spans.finished import SpanFacts, decode, encode, redacted
from telemetry.tracing.exporter import JournalProcessor
from tools.calls.call import Caller, ToolResult
from tools.errors import ProviderError
from tools.notifications.events import tool_status
from tools.web.problem import as_problem

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


@pytest.mark.parametrize("in_thread", [False, True], ids=["program", "thread"])
def test_what_nobody_catches_is_written_without_secrets(in_thread):
    code = f"""
import threading
from telemetry.redaction.logs import redact_uncaught
redact_uncaught()
def fail():
    raise ValueError("404 for https://api.example.com/x?api_key=hunter2hunter2")
{"t = threading.Thread(target=fail); t.start(); t.join()" if in_thread else "fail()"}
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Traceback" in told.stderr and "ValueError: 404 for https://api.example.com" in told.stderr
    assert "hunter2hunter2" not in told.stderr.replace(code, "")
    assert told.returncode == (0 if in_thread else 1)


def test_a_problem_document_has_no_key_of_the_tools_but_what_the_caller_wrote():
    error = ProviderError(
        "Client error '401' for url 'https://api.example.com/v1?api_key=hunter2hunter2' of jane@acme.com",
        hint=f"the key {SECRET} is not known",
    )
    problem = as_problem(error)
    assert "hunter2" not in problem["detail"] and SECRET not in problem["hint"]
    assert "api.example.com" in problem["detail"] and "jane@acme.com" in problem["detail"]


def test_names_of_attributes_spans_and_events_hold_no_secret():
    attributes = {SECRET: 1, "jane@acme.com": 2, "max_tokens": 3, "calls": '{"jane@acme.com": 3}'}
    span, provider = [], TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(
        SimpleNamespace(on_start=lambda *_, **__: None, on_end=span.append, _on_ending=lambda span: None)
    )
    with provider.get_tracer("tests").start_as_current_span(
        f"GET /x?token={SECRET}", attributes=attributes
    ) as one:
        one.add_event(f"sent {SECRET}", attributes)
        one.add_link(one.get_span_context(), attributes)
    kept = decode(encode(span[0]))
    assert without_secrets(str(kept)) and kept.name == "GET /x?token=[redacted]"
    assert kept.attributes == {"[redacted]": 1, "[email]": 2, "max_tokens": 3, "calls": '{"[email]": 3}'}
    received = SpanFacts(trace_id=1, span_id=1, name=f"GET {SECRET}", start_ns=1, end_ns=2, attributes=attributes)
    assert without_secrets(str(redacted(received)))


def test_of_names_that_become_alike_none_is_lost():
    both = {f"a{number}@acme.com": number for number in range(3)}
    assert [*redact_value("votes", both).values()] == [0, 1, 2]
    assert [*decode(encode(*_spans(both))).attributes.values()] == [0, 1, 2]


def test_a_wrong_address_of_a_store_is_told_without_its_password():
    with pytest.raises(StartError) as told:
        check_database("postgresql://jane:hunter2%zz@localhost:1/sales")
    assert "hunter2" not in str(told.value)


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
