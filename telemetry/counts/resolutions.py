"""The steps of time in which calls are counted, and for how long each is kept. Pure, but for the settings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

HOUR_S, DAY_S = 3_600, 86_400
# For how many days; what is not named is kept for ROLLUP_RETENTION_DAYS. Fine steps are nearly as many as the
# calls themselves, and no page or rule reads them for longer.
KEPT_DAYS: Mapping[int, int] = {5: 3, 10: 3, 60: 14, 600: 14}

STEPS_S = (DAY_S, HOUR_S, 60, 10)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def tiles(
    start: datetime, end: datetime, steps_s: Sequence[int] = STEPS_S
) -> Iterator[tuple[int, datetime, datetime]]:
    """The period cut into stretches, each of whole buckets of one step, as long as possible: (step, from, to).

    Together they hold each moment once; of the finest step are the buckets that begin in the period.
    """
    if start >= end:
        return
    step_s, *finer = steps_s
    step = timedelta(seconds=step_s)
    first, last = EPOCH - (EPOCH - start) // step * step, EPOCH + (end - EPOCH) // step * step
    if not finer:
        yield step_s, start, end
    elif first < last:
        yield from tiles(start, first, finer)
        yield step_s, first, last
        yield from tiles(last, end, finer)
    else:
        yield from tiles(start, end, finer)


def kept_days(resolution_s: int) -> int:
    """For how many whole days rollups of *resolution_s* are kept, beside today."""
    most: int = settings.ROLLUP_RETENTION_DAYS
    return min(KEPT_DAYS.get(resolution_s, most), most)


def floor(resolution_s: int, now: datetime) -> datetime:
    """The start of the oldest day whose rollups of *resolution_s* are kept at *now*; older calls count in none."""
    return midnight(now) - timedelta(days=kept_days(resolution_s))


def midnight(now: datetime) -> datetime:
    """The start of the UTC day of *now*."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
