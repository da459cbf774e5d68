"""Whose clock is off: how the ends that a sender states compare with when its calls were stored.

A call is stored after it ended. So one that ended in the future was sent by a fast clock; and where even the
quickest of many calls came a minute after its end, the sender's clock is slow, or it keeps its calls back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from telemetry.rollups.ended_sql import STEPS_S, TABLE

LOOKED_AT = timedelta(minutes=15)
# Senders hand over in batches, every five to thirty seconds. Ends are known to a step of time.
FAST, SLOW = timedelta(seconds=2 * STEPS_S[0]), timedelta(seconds=60)
MOST = 20
READ = f"""
SELECT service, min(stored_at - ended_at) FROM {TABLE}
JOIN telemetry_series series ON series.id = series_id
WHERE resolution_s = {STEPS_S[0]} AND stored_at >= %(since)s AND stored_at < %(now)s
GROUP BY service HAVING min(stored_at - ended_at) < -%(fast)s OR min(stored_at - ended_at) > %(slow)s
ORDER BY abs(extract(epoch FROM min(stored_at - ended_at))) DESC, service LIMIT {MOST}"""


@dataclass(frozen=True, slots=True)
class Clock:
    """A sender, by its service, and how far its clock is ahead of ours, in seconds: negative where it is slow.

    Slow to within the time for which it keeps its calls back.
    """

    service: str
    ahead_s: float

    @property
    def fast(self) -> bool:
        return self.ahead_s > 0


def clocks_off(now: datetime) -> list[Clock]:
    """The senders of the last quarter of an hour whose clocks are off, the worst first; one query."""
    bounds: dict[str, Any] = {"since": now - LOOKED_AT, "now": now, "fast": FAST, "slow": SLOW}
    with connection.cursor() as cursor:
        cursor.execute(READ, bounds)
        return [Clock(service, -least.total_seconds()) for service, least in cursor.fetchall()]
