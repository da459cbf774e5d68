"""A trace of an agent with all that a trace's page draws, written through the one writer."""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from telemetry import semconv as sc
from telemetry.exports.otlp_json import start_ns
from telemetry.semconv import Outcome
from telemetry.spans.rows import SpanRow
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

FINGERPRINT = -77
SYSTEM = {"role": "system", "content": "You help sales people of Acme. Be short."}
QUESTION = {"role": "user", "content": "What would 30 seats cost CUST001, and may I text them the offer?"}
ASKS_CRM = {
    "role": "assistant",
    "tool_calls": [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "crm_integration", "arguments": '{"action": "read"}'},
        }
    ],
}
ANSWER = {"role": "assistant", "content": "30 seats cost CUST001 **$1,134 a month**. The text could not be sent."}
CRM_ANSWER = {"role": "tool", "tool_call_id": "c1", "content": '{"customer": "CUST001", "seats": 12}'}


class Maker:
    """Makes rows of one trace; times are milliseconds after its start."""

    def __init__(self, trace_id: uuid.UUID | None = None, *, began: Any = None, session: str = "s42") -> None:
        self.trace_id = trace_id or uuid.uuid4()
        self.began = began or timezone.now() - timedelta(minutes=5)
        self.session = session
        self.rows: list[SpanRow] = []

    def add(self, number: int, parent: int | None, start_ms: float, took_ms: float, **changes: Any) -> SpanRow:
        values = {
            "trace_id": self.trace_id,
            "span_id": number,
            "parent_span_id": parent,
            "start_time": self.began + timedelta(milliseconds=start_ms),
            "duration_ms": took_ms,
            "service": "sales-agent",
            "session_id": self.session,
            "status": 1,
        }
        row = make_row(**values | changes)
        self.rows.append(row)
        return row

    def model(self, number: int, parent: int, start_ms: float, took_ms: float, **changes: Any) -> SpanRow:
        values = {
            "operation": "chat",
            "tool": "",
            "outcome": "",
            "provider": "openai",
            "model": "gpt-4o",
            "prompt_version": "sales-v7",
            "input_tokens": 812,
            "output_tokens": 64,
            "kind": 3,
        }
        return self.add(number, parent, start_ms, took_ms, **values | changes)

    def call(self, number: int, parent: int, start_ms: float, took_ms: float, **changes: Any) -> SpanRow:
        values = {"tool": "crm_integration", "tool_call_id": f"c{number}", "provider": "openai", "model": "gpt-4o"}
        return self.add(number, parent, start_ms, took_ms, **values | changes)

    def other(self, number: int, parent: int | None, start_ms: float, took_ms: float, **changes: Any) -> SpanRow:
        values = {"operation": "", "tool": "", "outcome": "", "own_name": f"step {number}"}
        return self.add(number, parent, start_ms, took_ms, **values | changes)

    def at_ns(self, ms: float) -> int:
        return start_ns(self.began, 0) + int(ms * 1_000_000)

    def attempt(self, number: int, ended_ms: float, took_ms: float, delay_ms: float = 0, error: str = "") -> Any:
        said: dict[str, Any] = {
            sc.ATTEMPT_NUMBER: number,
            sc.ATTEMPT_DURATION_MS: took_ms,
            sc.ATTEMPT_DELAY_MS: delay_ms,
        } | ({sc.ATTEMPT_ERROR: error} if error else {})
        return {"name": sc.EVENT_ATTEMPT, "time_ns": self.at_ns(ended_ms), "attributes": said}

    def store(self) -> uuid.UUID:
        write_spans(self.rows)
        return self.trace_id


def agent_trace(*, slow_by_ms: float = 0, **more: Any) -> Maker:
    """An agent that asks a model twice and calls six tools: retried, cached, broken, limited, failed, queued."""
    it = Maker(**more)
    it.other(1, None, 0, 4200 + slow_by_ms, operation="invoke_agent", agent="sales-coach", own_name=None)
    first = json.dumps({"input": [SYSTEM, QUESTION], "output": [ASKS_CRM]})
    it.model(2, 1, 10, 890, messages=first, attributes={sc.TIME_TO_FIRST_CHUNK: 0.31})
    tries = [it.attempt(1, 1410, 500, error="timeout"), it.attempt(2, 1980, 320, delay_ms=250)]
    retried = {"arguments": '{"action": "read", "customer_id": "CUST001"}', "result": CRM_ANSWER["content"]}
    it.call(3, 1, 910, 1070, outcome=Outcome.AFTER_RETRY, attempts=2, events=tries, tool_call_id="c1", **retried)
    it.call(4, 1, 1990, 0.4, tool="knowledge_retriever", outcome=Outcome.FROM_CACHE, attributes={sc.CACHE: "hit"})
    it.call(
        5, 1, 2000, 0.3, tool="competitor_analysis", outcome=Outcome.BREAKER, status=2, **error("breaker_open")
    )
    it.call(6, 1, 2010, 0.2, tool="sms_outreach", outcome=Outcome.RATE_LIMIT, status=2, **error("rate_limited"))
    queued = [it.attempt(1, 2900, 420)]
    it.call(
        7, 1, 2100, 800 + slow_by_ms, tool="price_calculator", events=queued, attributes={sc.QUEUE_WAIT_MS: 380.0},
        arguments='{"seats": 30, "plan": "team"}',
    )  # fmt: skip
    it.other(8, 7, 2500, 390, own_name="SELECT price", kind=3)
    failed = error("provider_unavailable", "The CRM answered 503 Service Unavailable to customer CUST001.")
    hint = {sc.ERROR_HINT: "Try again in a minute; the CRM's status page says that it is being updated."}
    it.call(
        9, 1, 2950, 310, outcome=Outcome.PROVIDER, status=2, attributes=hint, fingerprint=FINGERPRINT,
        arguments='{"action": "write", "customer_id": "CUST001", "note": "offer sent"}', **failed,
    )  # fmt: skip
    second = json.dumps({"input": [SYSTEM, QUESTION, ASKS_CRM, CRM_ANSWER], "output": [ANSWER]})
    it.model(10, 1, 3300, 880, messages=second, cost_usd="0.0041")
    it.other(11, 99, 1500, 60, own_name="audit log")
    it.other(12, 7, 2400, 40, own_name="GET /tariffs", kind=2, service="tariffs")
    return it


def error(code: str, message: str = "") -> dict[str, str]:
    return {"error_type": code, "error_message": message or f"it ended in {code}"}
