"""The steps of time in which calls are counted, and for how long each is kept. Pure, but for the settings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings

DAY_S = 86_400
# For how many days; what is not named is kept for ROLLUP_RETENTION_DAYS. Fine steps are nearly as many as the
# calls themselves, and no page or rule reads them for longer.
KEPT_DAYS: Mapping[int, int] = {10: 3, 60: 14}


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
