"""How many spans a second all processes store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.models import IngestMinute

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """Spans stored a second: in the last whole minute, in the last hour; and by minute, over a day."""

    now: float
    hour: float
    late_in_a_day: int
    minutes: Mapping[datetime, IngestMinute]


def ingest_rates(now: datetime) -> Rates:
    """By the clocks of the processes that stored. One query."""
    this = now.replace(second=0, microsecond=0)
    minutes = {row.minute: row for row in IngestMinute.objects.filter(minute__gte=this - DAY)}
    last = minutes.get(this - MINUTE)
    hour = sum(row.stored for row in minutes.values() if this - HOUR <= row.minute < this)
    return Rates(
        now=(last.stored if last else 0) / 60,
        hour=hour / 3600,
        late_in_a_day=sum(row.late for row in minutes.values()),
        minutes=minutes,
    )
