"""What follows for the rows of a batch, and for spans that are stored, when several tell of one call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection

from telemetry.dictionaries.lookup import Ids
from telemetry.errors import grouping
from telemetry.semconv import MCP_TOOLS_CALL
from telemetry.spans.rows import SeriesKey, SpanRow, name_of
from telemetry.witnesses import queries
from telemetry.witnesses.deciding import Key, Witness, believed, calls_of, near_others
from telemetry.witnesses.steps import climb, is_step

# What is said of a stored span that now counts otherwise; twice, as it was (sign -1) and as it is.
CHANGE = {
    "start_time": "timestamptz",
    "trace_id": "uuid",
    "span_id": "bigint",
    "duration_ms": "float8",
    "status": "smallint",
    "attempts": "smallint",
    "stored_at": "timestamptz",
    "series_id": "integer",
    "outcome": "telemetry_outcome",
    "fingerprint": "bigint",
    "name": "text",
    "sign": "smallint",
    # Absent: as before.
    "session_id": "text",
    "inherited": "jsonb",
    "asked_by": "text",
    # Its tokens are those of calls within it (telemetry.cost.correcting).
    "is_sum": "boolean",
}
UPSERT = f"""
INSERT INTO telemetry_witness AS w ({", ".join((*queries.COLUMNS, "series_id"))})
SELECT * FROM unnest(
    %s::timestamptz[], %s::uuid[], %s::bigint[], %s::bigint[], %s::float8[], %s::bigint[], %s::timestamptz[],
    %s::smallint[], %s::smallint[], %s::smallint[], %s::boolean[], %s::boolean[], %s::boolean[], %s::text[],
    %s::text[], %s::smallint[], %s::integer[]
) AS new ({", ".join((*queries.COLUMNS, "series_id"))}) ORDER BY trace_id, span_id, start_time
ON CONFLICT (trace_id, span_id, start_time) DO UPDATE
SET counted = EXCLUDED.counted, stored_at = EXCLUDED.stored_at, parent_span_id = EXCLUDED.parent_span_id,
    steps = EXCLUDED.steps"""
RENAME = """
UPDATE telemetry_witness w SET series_id = new.series_id
FROM unnest(%s::timestamptz[], %s::uuid[], %s::bigint[], %s::integer[])
    AS new (start_time, trace_id, span_id, series_id)
WHERE w.trace_id = new.trace_id AND w.span_id = new.span_id AND w.start_time = new.start_time"""
ERROR = """
SELECT error_type, error_message, own_name FROM telemetry_span
WHERE start_time = %s AND trace_id = %s AND span_id = %s"""


@dataclass(slots=True)
class Settled:
    """The *rows* to store, stored spans that count otherwise now, and the witnesses to keep.

    ``since``: of new spans of calls that were known before, when they were.
    """

    rows: list[SpanRow] = field(default_factory=list)
    taken: list[Witness] = field(default_factory=list)
    given: list[Witness] = field(default_factory=list)
    since: dict[Key, datetime] = field(default_factory=dict)
    kept: list[Witness] = field(default_factory=list)

    @property
    def changed(self) -> list[Witness]:
        """The stored spans that count otherwise now."""
        return [*self.taken, *self.given]

    @property
    def series(self) -> set[SeriesKey]:
        """The series that are needed beside those of the rows."""
        changed = self.changed
        return {each.series for each in (*self.kept, *changed)} | {inner(each.series) for each in changed}


def settle(rows: Sequence[SpanRow], now: datetime) -> Settled:
    """What follows from *rows*, stored at *now*; the caller holds the locks of their traces.

    Of each call one span counts. The others get no outcome and the operation ``tools/call``. The call stays in the
    time at which it was first known, so that nobody who judges calls takes it for a new one.
    """
    calls = [row for row in rows if row.outcome]
    looked = [*calls, *(row for row in rows if is_step(row))]
    stored, steps = queries.known(looked) if looked else ({}, {})
    new: dict[Key, SpanRow] = {}
    for row in calls:
        if row_key(row) not in stored:
            new.setdefault(row_key(row), row)
    settled = Settled([row for row in rows if new.get(row_key(row), row) is row])
    witnesses = [*stored.values(), *(_of(row, now) for row in new.values())]
    climb(witnesses, steps)
    near = near_others(witnesses)
    for call in calls_of(witnesses):
        if len(call) > 1 or call[0].mcp or call[0].known or call[0].key in near:
            _settle_call(call, new, settled)
    return settled


def row_key(row: SpanRow) -> Key:
    return row.start_time, row.trace_id, row.span_id


def inner(series: SeriesKey) -> SeriesKey:
    """The series of a span of that call which does not count."""
    return series._replace(operation=MCP_TOOLS_CALL)


def _of(row: SpanRow, now: datetime) -> Witness:
    said = {name: getattr(row, name) for name in queries.COLUMNS if hasattr(row, name)}
    return Witness(
        **said, series=row.series, stored_at=now, told=bool(row.error_message), counted=True, is_new=True
    )


def _settle_call(call: Sequence[Witness], new: Mapping[Key, SpanRow], settled: Settled) -> None:
    chosen = believed(call)
    taken = [each for each in call if each.counted and not each.is_new and each is not chosen]
    since = min((each.stored_at for each in taken if each.stored_at), default=None)
    settled.taken += taken
    if since is not None and (chosen.is_new or not chosen.counted):
        chosen.stored_at = since
        if chosen.is_new:
            settled.since[chosen.key] = since
    if not chosen.counted:
        settled.given.append(chosen)
    for each in call:
        if each.is_new and each is not chosen:
            _put_aside(new[each.key])
        if each.is_new or not each.known or each.moved or each.counted != (each is chosen):
            settled.kept.append(each)
        each.counted = each is chosen


def _put_aside(row: SpanRow) -> None:
    name = row.name
    row.outcome, row.fingerprint = "", None
    row.series = inner(row.series)
    row.own_name = None if name == name_of(row.series) else name


def keep(settled: Settled, ids: Ids) -> None:
    """Store the witnesses, in the order of their keys."""
    if settled.kept:
        rows = [
            (*(getattr(each, name) for name in queries.COLUMNS), ids.series[each.series]) for each in settled.kept
        ]
        with connection.cursor() as cursor:
            cursor.execute(UPSERT, [list(column) for column in zip(*rows, strict=True)])


def rename(series_ids: Mapping[Key, int]) -> None:
    """Give those of the witnesses of *series_ids* that there are their series, in the transaction that is open."""
    if series_ids:
        keys = zip(*series_ids, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(RENAME, [*map(list, keys), list(series_ids.values())])


def changes(settled: Settled, ids: Ids) -> list[dict[str, Any]]:
    """The columns of CHANGE of what is to be taken out of all counts, and of what counts instead."""
    found: list[dict[str, Any]] = []
    for each in settled.taken:
        found += (_as_call(each, ids, -1), _aside(each, ids, 1))
    for each in settled.given:
        found += (_aside(each, ids, -1), _as_call(each, ids, 1))
    return found


def since(settled: Settled) -> list[dict[str, Any]]:
    """The keys of new spans of calls that were known before, and since when (``stored_at``)."""
    return [
        {"start_time": key[0], "trace_id": key[1], "span_id": key[2], "stored_at": moment}
        for key, moment in settled.since.items()
    ]


def described(settled: Settled) -> list[list[Any]]:
    """As ``grouping.described``, of all groups of errors that are counted otherwise."""
    failed = [row for each in settled.given if each.fingerprint is not None for row in _failed(each)]
    # What is only taken out of has its words already.
    known = [_row(each, "", "", "") for each in settled.taken]
    return grouping.described([*settled.rows, *failed, *known])


def _as_call(each: Witness, ids: Ids, sign: int) -> dict[str, Any]:
    said = {name: getattr(each, name) for name in CHANGE if hasattr(each, name)}
    return said | {"series_id": ids.series[each.series], "name": name_of(each.series), "sign": sign}


def _aside(each: Witness, ids: Ids, sign: int) -> dict[str, Any]:
    series = inner(each.series)
    said = _as_call(each, ids, sign) | {"outcome": "", "fingerprint": None}
    return said | {"series_id": ids.series[series], "name": name_of(series)}


def _failed(each: Witness) -> Iterator[SpanRow]:
    with connection.cursor() as cursor:
        cursor.execute(ERROR, each.key)
        for error_type, error_message, own_name in cursor.fetchall():
            yield _row(each, error_type, error_message, own_name)


def _row(each: Witness, error_type: str, error_message: str, own_name: str | None) -> SpanRow:
    said = {name: getattr(each, name) for name in ("start_time", "trace_id", "span_id", "duration_ms", "outcome")}
    row = SpanRow(**said, series=each.series, fingerprint=each.fingerprint)
    return replace(row, error_type=error_type, error_message=error_message, own_name=own_name)
