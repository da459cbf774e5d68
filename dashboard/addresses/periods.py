"""The periods that a page can show, and the points that a chart of one has. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.wording import formats

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time up to now. Read from rollups of *resolution_s* and drawn in points of *bin_s*."""

    key: str  # as in the URL
    label: str
    words: str
    seconds: int
    resolution_s: int
    bin_s: int

    def window(self, now: datetime, first: datetime | None = None, *, dated_back: bool = False) -> "Window":
        """The period that ends at *now*; its edges are whole bins, the last of which is still filling.

        *first*: when recording began, where that is known; *dated_back*: some calls may say they are older.
        """
        step = timedelta(seconds=self.bin_s)
        end = EPOCH + ((now - EPOCH) // step + 1) * step
        start = end - timedelta(seconds=self.seconds)
        is_back = dated_back and first is not None and first > start
        return Window(period=self, start=start, end=end, now=now, first=first, dated_back=is_back)


@dataclass(frozen=True, slots=True)
class Window:
    """A period placed in time: *start* inclusive, *end* exclusive."""

    period: Period
    start: datetime
    end: datetime
    now: datetime
    first: datetime | None = None
    dated_back: bool = False

    @property
    def observed_from(self) -> datetime:
        """Since when calls could be recorded: what lies before the first record is not to divide anything."""
        return max(self.start, self.first) if self.first else self.start

    @property
    def elapsed_s(self) -> float:
        """Seconds that calls had to arrive in and to be recorded."""
        return max((self.now - self.observed_from).total_seconds(), 1.0)

    def observed_in(self, start: datetime) -> float:
        """Seconds of the point at *start* in which calls could be recorded: of the first and the last not all."""
        end = min(start + timedelta(seconds=self.period.bin_s), self.now)
        return max(0.0, (end - max(start, self.observed_from)).total_seconds())

    @property
    def words(self) -> str:
        """What numbers of this window are over: ``the last 15 minutes``, ``3 min (since the first record)``."""
        if self.observed_from > self.start:
            return f"{formats.span_of(self.elapsed_s)} (since the first record)"
        return f"the last {self.period.words}"

    def bins(self) -> Iterator[datetime]:
        """The start of each point, oldest first."""
        for step in range(self.period.seconds // self.period.bin_s):
            yield self.start + timedelta(seconds=step * self.period.bin_s)


# Between 90 and 180 points each: more could not be told apart on a screen.
PERIODS: dict[str, Period] = {
    period.key: period
    for period in (
        Period("15m", "15 m", "15 minutes", 15 * 60, 10, 10),
        Period("90m", "90 m", "90 minutes", 90 * 60, 60, 60),
        Period("24h", "24 h", "24 hours", 24 * 3600, 60, 600),
        Period("7d", "7 d", "7 days", 7 * 86400, 3600, 3600),
        Period("30d", "30 d", "30 days", 30 * 86400, 3600, 4 * 3600),
    )
}
DEFAULT = PERIODS["15m"]
# What "now" means to a verdict, whatever period the page shows.
RECENT = Period("5m", "5 m", "5 minutes", 5 * 60, 10, 10)


def find(key: str | None) -> Period:
    """The period of that key; 90 minutes for a key that there is not."""
    return PERIODS.get(key or "", DEFAULT)
