"""Moments in a query: "2h", "yesterday", "2026-05-01T14:30"; UTC where nothing is said. Plain Python."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|min|h|d|w)")
_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
EXAMPLES = "2h, 3d, yesterday, 2026-05-01 or 2026-05-01T14:30"


# Spans are told in nanoseconds since the one, and nobody waits for the other. What is beyond (the least or the
# greatest date of a language, which mean "ever") is one of them: a step further and no date can be reckoned with.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def moment(text: str, now: datetime) -> datetime:
    """The moment that *text* means at *now*; of a day, its beginning; EARLIEST to LATEST. Raises ValueError."""
    try:
        return min(max(_moment(text.strip(), now), EARLIEST), LATEST)
    except OverflowError as error:
        raise ValueError(f"{text} is outside of all time") from error


def _moment(text: str, now: datetime) -> datetime:
    word = text.lower()
    if ago := _AGO.fullmatch(word):
        return now - timedelta(seconds=float(ago[1]) * _UNITS_S[ago[2]])
    if word == "now":
        return now
    if word in ("today", "yesterday"):
        return _midnight(now) - timedelta(days=word == "yesterday")
    found = datetime.fromisoformat(text.upper())
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def day(text: str, now: datetime) -> tuple[datetime, datetime]:
    """The day that *text* means at *now*, from midnight to midnight of UTC. Raises ValueError."""
    word = text.strip().lower()
    if word not in ("today", "yesterday") and not _DAY.fullmatch(word):
        raise ValueError(f"{text} is no day")
    start = moment(word, now)
    if start.year == datetime.max.year:
        raise ValueError(f"{text} is outside of all time")
    return start, start + timedelta(days=1)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
