"""Rows that alert tests start from; each test shows only what matters to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from telemetry.alerts.models import Incident, Route, Rule
from telemetry.dictionaries.lookup import SERIES
from telemetry.models import EndedCalls
from telemetry.spans.rows import SeriesKey
from tests.telemetry import builders as recent

# A settled moment: windows at NOON end at 11:59:55.
NOON = recent.NOON
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def make_calls(
    good: int = 0,
    bad: int = 0,
    *,
    when: datetime = NOON,
    late_s: float = 0,
    step_s: int = 5,
    tool: str = "crm",
    **row: Any,
) -> EndedCalls:
    """Calls in the last step that an evaluation at *when* sees: *bad* ones timed out, *late_s* before."""
    settled = int(when.timestamp()) - 2
    bucket = datetime.fromtimestamp(settled - settled % step_s - step_s, UTC)
    ended_at = bucket - timedelta(seconds=late_s)
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
    given = {"first_try": good, "timeout": bad} | row
    return EndedCalls.objects.create(
        resolution_s=step_s, stored_at=bucket, ended_at=ended_at, series_id=SERIES.ids([key])[key], **given
    )


def make_rule(**given: Any) -> Rule:
    return Rule.objects.create(**({"name": "Success rate", "for_s": 0, "keep_firing_for_s": 0} | given))


def make_route(kind: str = "webhook", config: dict[str, Any] | None = None, **given: Any) -> Route:
    config = config or {"url": "https://hooks.example.com/in"}
    secret = SECRET if kind == "webhook" else ""
    return Route.objects.create(**({"name": kind, "kind": kind, "config": config, "secret": secret} | given))


def the_incident() -> Incident:
    return Incident.objects.get()
