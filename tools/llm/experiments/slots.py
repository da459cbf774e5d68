"""Which looks of a run are kept: close in the beginning, when guardrails stop, and thin later. Pure."""

from datetime import datetime, timedelta

# Since the start: so long, the last look of each such slot is kept. Later that of each hour.
CLOSE = (
    (timedelta(minutes=10), timedelta(seconds=10)),
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
)
AN_HOUR = timedelta(hours=1)


def slot_of(at: datetime, started_at: datetime) -> datetime:
    """The beginning of the slot in which a look at the moment *at* is."""
    since = at - started_at
    length = next((slot for until, slot in CLOSE if since < until), AN_HOUR)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + (at - day) // length * length
