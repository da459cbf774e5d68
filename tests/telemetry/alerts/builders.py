"""Rows that alert tests start from; each test shows only what matters to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from telemetry import histogram
from telemetry.alerts.models import Incident, Route, Rule
from telemetry.dictionaries import SERIES
from telemetry.models import Rollup
from telemetry.rows import SeriesKey

# A settled moment: windows at NOON end at 11:59:50.
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def make_calls(good: int = 0, bad: int = 0, *, when: datetime = NOON, tool: str = "crm", **row: Any) -> Rollup:
    """Calls in the last bucket that an evaluation at *when* sees: *bad* ones timed out."""
    settled = int(when.timestamp()) - 5
    bucket = datetime.fromtimestamp(settled - settled % 10 - 10, UTC)
    words = {
        "operation": "execute_tool",
        "tool": tool,
        "provider": "openai",
        "model": "gpt",
        "caller_role": "coach",
    }
    words |= {word: row.pop(word) for word in SeriesKey._fields if word in row}
    key = SeriesKey(**words)
    SERIES.forget()  # the test before took its series back
    given = {"first_try": good, "timeout": bad, "durations": histogram.empty()} | row
    return Rollup.objects.create(resolution_s=10, bucket=bucket, series_id=SERIES.ids([key])[key], **given)


def make_rule(**given: Any) -> Rule:
    return Rule.objects.create(**({"name": "Success rate", "for_s": 0, "keep_firing_for_s": 0} | given))


def make_route(kind: str = "webhook", config: dict[str, Any] | None = None, **given: Any) -> Route:
    config = config or {"url": "https://hooks.example.com/in"}
    secret = SECRET if kind == "webhook" else ""
    return Route.objects.create(**({"name": kind, "kind": kind, "config": config, "secret": secret} | given))


def the_incident() -> Incident:
    return Incident.objects.get()
