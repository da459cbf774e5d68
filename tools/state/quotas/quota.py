"""Quotas: so many calls of somebody in a day or month of UTC, and when those end."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

DAY_S = 86_400


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"

    def number(self, now: float) -> int:
        """Which day or month it is at *now* (seconds since 1970), by a number that goes up by one."""
        if self is Period.DAY:
            return int(now // DAY_S)
        at = datetime.fromtimestamp(now, UTC)
        return at.year * 12 + at.month - 1

    def ends_at(self, now: float) -> float:
        """When the day or month of *now* is over: midnight of UTC, in seconds since 1970."""
        if self is Period.DAY:
            return (now // DAY_S + 1) * DAY_S
        year, month = divmod(self.number(now) + 1, 12)
        return datetime(year, month + 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Quota:
    """At most *limit* calls of *owner* in each *period*. ``name`` says which setting it is.

    A call counts as *each*; with 0 nothing is taken by who asks, and what it took is told behind it (``Spent``).
    """

    name: str
    owner: str
    period: Period
    limit: int
    each: int = 1


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a quota is used, and when it begins anew (seconds since 1970)."""

    quota: Quota
    used: int
    resets_at: float

    @property
    def left(self) -> int:
        return max(0, self.quota.limit - self.used)
