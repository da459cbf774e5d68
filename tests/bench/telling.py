"""From the first bad call to the webhook that tells of it, in a SalesBoost as a user starts it.

Each sample is a tool without older calls that fails five times a second, told by OTLP from some moment on.
"""

import json
import random
import threading
import time
from collections.abc import Iterator

import httpx

from tests.receivers import Posted, Receiver
from tests.running import Running, a_data_dir, up

TOOLS, OVER_S, CALLS_S = 24, 60.0, 5
GIVEN_UP_S = 60.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def call(tool: str, rng: random.Random) -> dict[str, object]:
    """A failed call of *tool* that ended now, as OTLP JSON has it."""
    now = time.time_ns()
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "error.type": "timeout"}
    return {
        "traceId": f"{rng.getrandbits(128):032x}",
        "spanId": f"{rng.getrandbits(64):016x}",
        "name": f"execute_tool {tool}",
        "startTimeUnixNano": str(now - 50_000_000),
        "endTimeUnixNano": str(now),
        "status": {"code": 2},
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said.items()],
    }


def play(running: Running, began: dict[str, float]) -> None:
    """Every 0.2 s one call of each tool that has begun to fail, in one request."""
    rng = random.Random(5)
    starts = {f"bench_{number:02}": rng.uniform(0, OVER_S) for number in range(TOOLS)}
    first = time.monotonic()
    with httpx.Client(headers=running.headers, timeout=20) as client:
        while (now := time.monotonic() - first) < OVER_S + GIVEN_UP_S:
            failing = [tool for tool, start in starts.items() if start <= now]
            for tool in failing:
                began.setdefault(tool, time.monotonic())
            scope = {"spans": [call(tool, rng) for tool in failing]}
            if failing:
                body = {"resourceSpans": [{"scopeSpans": [scope]}]}
                client.post(f"{running.url}v1/traces", json=body).raise_for_status()
            time.sleep(max(0.0, 1 / CALLS_S - (time.monotonic() - first - now)))


def run() -> Iterator[dict[str, object]]:
    told: dict[str, float] = {}
    lock = threading.Lock()

    def note(posted: Posted) -> int:
        message = json.loads(posted.body)
        with lock:
            told.setdefault(message["data"]["tool"], time.monotonic())
        return 204

    receiver = Receiver(decide=note)
    receiver.start()
    environment = {
        "ALERT_WEBHOOK_URL": receiver.url,
        "ALERT_WEBHOOK_SECRET": SECRET,
        "OUTBOUND_ALLOW": "127.0.0.1",
    }
    began: dict[str, float] = {}
    try:
        with a_data_dir() as data_dir, up(data_dir, **environment) as running:
            play(running, began)
    finally:
        receiver.stop()
    took = sorted(told[tool] - began[tool] for tool in began if tool in told)
    yield {
        "bench": "first bad call to webhook, 5 bad calls/s, no older calls",
        "target_p95_s": 15,
        "p95_s": round(took[int(0.95 * (len(took) - 1))], 1) if took else None,
        "median_s": round(took[len(took) // 2], 1) if took else None,
        "told": len(took),
        "of": len(began),
    }
