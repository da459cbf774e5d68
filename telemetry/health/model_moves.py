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
    f"coalesce(s.attributes ->> '{attribute}', a.attributes ->> '{attribute}') AS {name}"
    for name, attribute in (("reason", ROUTE_REASON), ("deployment", DEPLOYMENT), ("route", ROUTE))
)
# With the series as numbers: so Postgres knows how common they are, and takes their index or the newest spans.
# One row at least: how many there were, and since when; with each that has a reason, newest first.
NEWEST = f"""
WITH newest AS MATERIALIZED (
    SELECT start_time, weight, trace_id, {_SAID}
    FROM (
        SELECT start_time, weight, trace_id, attributes, attribute_set_id FROM telemetry_span
        WHERE start_time >= %(start)s AND start_time < %(end)s AND series_id = ANY (%(series)s)
        ORDER BY start_time DESC LIMIT %(most)s
    ) s LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id
)
SELECT of_all.number, of_all.since, start_time, weight, trace_id, reason, deployment, route
FROM (SELECT count(*) AS number, min(start_time) AS since FROM newest) of_all
LEFT JOIN newest ON reason IS NOT NULL
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
    number, since, *_ = rows[0]
    found = (move_of(*row[2:]) for row in rows if row[5])
    return Moves(tuple(move for move in found if move), since if number == MOST else start)


def move_of(
    at: datetime, weight: int, trace_id: UUID, reason: str, deployment: str | None, route: str | None
) -> Move | None:
    """None for one that was only asked once more."""
    before, _, why = reason.partition(": ")
    if before == deployment:
        return None
    return Move(at, weight, trace_id, before, deployment or "", route or "", STILL.sub("", why))
