"""What redaction takes of a span, beside writing the same span as JSON, in one run.

Both by turns, with nothing remembered of the texts: a busy moment hits both alike, and no cache flatters.
"""

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from telemetry import redaction
from telemetry.spans.finished import without_secrets
from telemetry.values.texts import write_json
from tests.bench.store import ATTRIBUTES

ROUNDS, SPANS = 9, 200
# Half as much again as it took when this was written, when it took 1.0 and 0.6 of what the release before took.
TARGETS = {"tool call": 1.5, "chat with messages": 16.0}
SENTENCES = (
    "I looked at the offer for Acme and think that we should call them before Friday. ",
    "The list price is 1,200 EUR per seat, and the customer asked for a discount of 12 %. ",
    "Check the token usage of the last run and send a summary of the key figures. ",
    "A password reset was requested by the customer on 2026-11-20. ",
)


def run() -> Iterator[dict[str, object]]:
    """One figure a kind of span."""
    chance = random.Random(1)
    for kind, make in (("tool call", tool_call), ("chat with messages", chat)):
        spans = [make(chance) for _ in range(SPANS)]
        pairs = []
        for _ in range(ROUNDS):
            redaction.configure(redaction.USUAL)  # forgets what it has seen
            pairs.append((us_each(without_secrets, spans), us_each(write_json, spans)))
        redact_us, json_us = (statistics.median(side) for side in zip(*pairs, strict=True))
        yield {
            "bench": f"redaction of a {kind}",
            "chars": round(statistics.mean(len(write_json(span)) for span in spans)),
            "redact_us": round(redact_us, 1),
            "json_us": round(json_us, 1),
            "ratio": round(redact_us / json_us, 2),
            "target": f"ratio <= {TARGETS[kind]}",
        }


def us_each(work: Callable[[dict[str, Any]], object], spans: list[dict[str, Any]]) -> float:
    began = time.thread_time()
    for span in spans:
        work(span)
    return (time.thread_time() - began) / len(spans) * 1e6


def tool_call(chance: random.Random) -> dict[str, Any]:
    return {**ATTRIBUTES, "gen_ai.tool.call.result": f'{{"customer": "CUST{chance.randrange(999)}", "seats": 12}}'}


def chat(chance: random.Random) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for _ in range(chance.randint(2, 12)):
        said = "".join(chance.choices(SENTENCES, k=4))
        messages.append({"role": "user", "parts": [{"type": "text", "content": said}]})
        call = {"type": "tool_call", "id": f"call_{chance.getrandbits(96):024x}", "name": "crm_integration"}
        messages.append({"role": "assistant", "parts": [call | {"arguments": {"customer_id": "CUST001"}}]})
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.max_tokens": 4096,
        "gen_ai.usage.input_tokens": chance.randint(100, 9000),
        "gen_ai.input.messages": json.dumps(messages),
        "server.address": "api.openai.com",
    }
