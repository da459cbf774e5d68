"""The overview of our own tools, without and with ten thousand that the holder of one key made up, in one run."""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from telemetry.semconv import Origin, Outcome
from telemetry.spans.rows import SeriesKey, SpanRow
from telemetry.store.batches import write_spans
from tools.running.runtime import tool_names

INVENTED = 10_000
CALLERS = (("openai", "gpt-4o"), ("groq", "llama-3.3-70b"), ("anthropic", "claude-sonnet"))
CALLS_A_SECOND = 10
LASTING = timedelta(minutes=15)
ROUNDS = 15
TARGET = "<= 1.5"


def run() -> Iterator[dict[str, object]]:
    """One dictionary a figure; needs Django and a migrated scratch database."""
    random = Random(1)
    began = datetime.now(UTC) - LASTING
    client = Client()
    client.force_login(get_user_model().objects.get_or_create(username="bench", is_superuser=True)[0])
    store(own_calls(random, began))
    pages = {"15 minutes": "/?period=15m", "a day": "/?period=24h"}
    without = {name: page_ms(client, address) for name, address in pages.items()}
    store(invented_calls(random, began))
    for name, address in pages.items():
        with_names = page_ms(client, address)
        yield {
            "bench": f"overview of {name}, with {INVENTED:,} invented tools",
            "without_ms": round(without[name], 1),
            "with_ms": round(with_names, 1),
            "ratio": round(with_names / without[name], 2),
            "target": TARGET,
        }


def own_calls(random: Random, began: datetime) -> list[SpanRow]:
    """The calls of fifteen minutes, evenly, of every tool that is registered."""
    calls = int(LASTING.total_seconds()) * CALLS_A_SECOND
    rows = []
    for number in range(calls):
        provider, model = random.choice(CALLERS)
        words = {"tool": random.choice(tool_names()), "provider": provider, "model": model, "caller_role": "coach"}
        at = began + timedelta(seconds=number / CALLS_A_SECOND)
        rows.append(a_row(SeriesKey("execute_tool", 1, service="salesboost", **words), at, random))
    return rows


def invented_calls(random: Random, began: datetime) -> list[SpanRow]:
    """A call of each of so many tools that nobody has."""
    keys = [
        SeriesKey(
            *("execute_tool", 1, f"invented_tool_{number}"),
            service="shop",
            api_key="partner",
            origin=Origin.REPORTED,
        )
        for number in range(INVENTED)
    ]
    return [a_row(key, began + LASTING * random.random(), random) for key in keys]


def a_row(series: SeriesKey, at: datetime, random: Random) -> SpanRow:
    outcome = Outcome.TIMEOUT if random.random() < 0.03 else Outcome.FIRST_TRY
    failed = outcome is Outcome.TIMEOUT
    return SpanRow(
        start_time=at,
        trace_id=uuid.UUID(int=random.getrandbits(128)),
        span_id=random.getrandbits(62),
        duration_ms=random.lognormvariate(4, 1),
        series=series,
        outcome=str(outcome),
        status=2 if failed else 0,
        error_type="timeout" if failed else "",
    )


def store(rows: list[SpanRow]) -> None:
    for start in range(0, len(rows), 2_000):
        write_spans(rows[start : start + 2_000])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def page_ms(client: Client, address: str) -> float:
    def ask() -> None:
        assert client.get(address, headers={"host": "localhost"}).status_code == 200

    ask()
    return statistics.median(seconds(ask) for _ in range(ROUNDS)) * 1000


def seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began
