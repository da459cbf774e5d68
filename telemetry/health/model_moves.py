"""Model calls that went on to another deployment, out of the newest spans of a period, so many at most.

Why the one before was not asked, or what it failed of, stands on the `chat` span of who was asked instead.
"""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from telemetry.database.replica import reader
from telemetry.search.errors import SearchTooExpensive
from telemetry.search.guard import guarded
from telemetry.semconv import DEPLOYMENT, OPERATION_CHAT, ROUTE, ROUTE_REASON, Origin

MOST, MOST_MS = 2_000, 300
# What differs from one refusal to the next: for how long still.
STILL = re.compile(r"(, until .*| for [\d.]+ s)$")
SERIES = f"SELECT id FROM telemetry_series WHERE operation = '{OPERATION_CHAT}' AND origin = '{Origin.OWN}'"
_SAID = ", ".join(
    f"coalesce(s.attributes ->> '{name}', a.attributes ->> '{name}')" for name in (ROUTE_REASON, DEPLOYMENT, ROUTE)
)
# With the series as numbers: so Postgres knows how common they are, and takes their index or the newest spans.
NEWEST = f"""
SELECT start_time, weight, trace_id, {_SAID}
FROM (
    SELECT start_time, weight, trace_id, attributes, attribute_set_id FROM telemetry_span
    WHERE start_time >= %(start)s AND start_time < %(end)s AND series_id = ANY (%(series)s)
    ORDER BY start_time DESC LIMIT %(most)s
) s LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id
ORDER BY start_time DESC"""


class Move(NamedTuple):
    """That *after* was asked in the place of *before*, on a route, and why. ``weight``: for how many it stands."""

    at: datetime
    weight: int
    trace_id: UUID
    before: str
    after: str
    route: str
    why: str


class Moves(NamedTuple):
    """``since``: all from then on are among them."""

    moves: tuple[Move, ...]
    since: datetime


def moves_in(start: datetime, end: datetime) -> Moves | None:
    """The newest first; None where reading them took too long. Two queries; one where no model was ever asked."""
    with reader().cursor() as cursor:
        cursor.execute(SERIES)
        series = [row[0] for row in cursor.fetchall()]
    if not series:
        return Moves((), start)
    try:
        with guarded(MOST_MS), reader().cursor() as cursor:
            cursor.execute(NEWEST, {"start": start, "end": end, "series": series, "most": MOST})
            rows = cursor.fetchall()
    except SearchTooExpensive:
        return None
    found = (move_of(*row) for row in rows)
    return Moves(tuple(move for move in found if move), rows[-1][0] if len(rows) == MOST else start)


def move_of(
    at: datetime, weight: int, trace_id: UUID, reason: str | None, deployment: str | None, route: str | None
) -> Move | None:
    """None for who was asked first, and for one that was asked once more."""
    before, _, why = (reason or "").partition(": ")
    if not before or before == deployment:
        return None
    return Move(at, weight, trace_id, before, deployment or "", route or "", STILL.sub("", why))
