"""How many spans a second all processes store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from telemetry.models import IngestMinute

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """Spans stored a second: in the last whole minute, in the last hour; and by minute, over a day.

    ``hour_s``: the seconds of that hour in which anything had been stored before, which divide it; ``first``: the
    first minute of all.
    """

    now: float
    hour: float
    hour_s: int
    first: datetime | None
    late_in_a_day: int
    minutes: Mapping[datetime, IngestMinute]


def ingest_rates(now: datetime) -> Rates:
    """By the clocks of the processes that stored. Two queries."""
    this = now.replace(second=0, microsecond=0)
    first = IngestMinute.objects.aggregate(first=Min("minute"))["first"]
    hour_s = int((this - min(max(first or this, this - HOUR), this)).total_seconds())
    minutes = {row.minute: row for row in IngestMinute.objects.filter(minute__gte=this - DAY)}
    last = minutes.get(this - MINUTE)
    hour = sum(row.stored for row in minutes.values() if this - HOUR <= row.minute < this)
    return Rates(
        now=(last.stored if last else 0) / 60,
        hour=hour / max(hour_s, 60),
        hour_s=hour_s,
        first=first,
        late_in_a_day=sum(row.late for row in minutes.values()),
        minutes=minutes,
    )
