"""The one writer of spans, for our own and for OTLP's: a batch, once, with its rollups, in one transaction.

The batch goes by COPY into a temporary table and from there into ``telemetry_span``; what was there already is
left out, and only what was really inserted is added to the rollups, to what rules judge and to the groups of
errors. So a batch sent twice counts once, and rollups equal the spans at every moment. All is written in the
order of its keys, so that two writers wait for each other and never deadlock.

The canary's spans are written as all others are, counted and taken back: no figure may have them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.db import connection, transaction

from telemetry.attribution import propagation
from telemetry.attribution.queries import Key
from telemetry.cost import book, correcting
from telemetry.cost.nested import Nested
from telemetry.cost.spans import priced
from telemetry.database import partitions
from telemetry.dictionaries import lookup
from telemetry.dictionaries.name_cardinality import Names, NewSeries
from telemetry.dictionaries.shared_attributes import Sharing
from telemetry.dictionaries.source_cardinality import NewSources
from telemetry.errors import grouping
from telemetry.process import heartbeats
from telemetry.sampling import removed
from telemetry.semconv import CANARY_TOOL, Origin
from telemetry.spans.rows import SpanRow
from telemetry.store import batch_sql, copy_text
from telemetry.values.texts import write_json
from telemetry.witnesses import deduplication, queries


def write_spans(rows: Sequence[SpanRow], now: datetime | None = None) -> int:
    """Store *rows* at *now* and count them in rollups and groups of errors, all or none; how many were new.

    Every row has to lie in the allowed window (``partitions.allowed``). Raises ``django.db.Error``.
    """
    now = now or datetime.now(UTC)
    canaries = [row for row in rows if is_canary(row)]
    others = [row for row in rows if not is_canary(row)] if canaries else rows
    stored = _write(others, now) if others else 0
    if canaries:
        _rehearse(canaries, now)
    return stored


def is_canary(row: SpanRow) -> bool:
    """Whether *row* is of our own canary: whoever reports a tool of its name reports a tool."""
    return row.series.tool == CANARY_TOOL and row.series.origin == Origin.OWN


def _rehearse(rows: Sequence[SpanRow], now: datetime) -> None:
    """Store the canary's *rows* as any others, and take them back; what stays is that it could be done.

    By no name, for the words of series stay, and searches suggest them.
    """
    rows = [replace(row, series=row.series._replace(tool="", caller_role="")) for row in rows]
    partitions.ensure(connection, {row.start_time.astimezone(UTC).date() for row in rows})
    ids = lookup.resolve(rows)
    with transaction.atomic():
        _begin(rows)
        _empty()
        _store(rows, ids, now)
        transaction.set_rollback(True)
    heartbeats.beat(heartbeats.CANARY)


def _write(rows: Sequence[SpanRow], now: datetime) -> int:
    partitions.ensure(connection, {row.start_time.astimezone(UTC).date() for row in rows})
    prices = book.current()
    marked, sums = _nested.marked(rows)
    rows = [priced(row, prices) for row in marked]
    late = propagation.give(rows)
    limited = [*rows, *(each.row for each in late.values())]
    _names.limit(limited)
    _new_series.limit(limited)
    _new_sources.limit(rows)
    _sharing.share(rows)
    ids = lookup.resolve(rows)
    nested = connection.in_atomic_block
    with transaction.atomic():
        _begin(rows)
        rows = removed.without_known(rows, now)
        if nested:  # no commit will empty it
            _empty()
        stored = None
        if not late and not sums and not any(row.mcp for row in rows):
            stored = _store(rows, ids, now)
            if stored is None:
                _empty()
        if stored is None:
            stored = _settle(rows, late, sums, now)
    _nested.corrected(sums)
    return stored


def _begin(rows: Sequence[SpanRow]) -> None:
    """Make the connection ready, and take the locks of the traces of *rows*."""
    with connection.cursor() as cursor:
        cursor.execute(batch_sql.BEGIN, queries.locks(queries.TRACES, queries.traces(rows)))
        if not cursor.fetchone()[0]:
            cursor.execute(batch_sql.PREPARE)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {batch_sql.PENDING}")


def _store(rows: Sequence[SpanRow], ids: lookup.Ids, now: datetime) -> int | None:
    """How many of *rows* were new; None, and nothing is stored, if they may tell of calls of which others told."""
    _copy(rows, ids)
    with connection.cursor() as cursor:
        cursor.execute(batch_sql.STORE_CALL, [now, *grouping.described(rows), [*queries.traces(rows)]])
        stored: int | None = cursor.fetchone()[0]
        return stored


def _settle(
    rows: Sequence[SpanRow], late: Mapping[Key, propagation.Late], sums: Sequence[Key], now: datetime
) -> int:
    """As ``_store``, of rows some of which tell of one call, or of calls of which others told before.

    And what stored calls inherit *late*, from these rows, is theirs from now on. Stored model calls that are
    *sums* keep no tokens.
    """
    queries.lock_calls({*queries.traces(rows), *(trace_id for _, trace_id, _ in (*late, *sums))})
    settled = deduplication.settle(rows, now)
    settled_keys = {each.key for each in settled.changed}
    heirs = {call: given for call, given in propagation.heirs(late).items() if call.key not in settled_keys}
    series = {each for call, given in heirs.items() for each in (call.series, given.series)}
    ids = lookup.resolve(settled.rows, settled.series | series)
    _copy(settled.rows, ids)
    changes = [*deduplication.changes(settled, ids), *propagation.changes(heirs, ids), *correcting.changes(sums)]
    with connection.cursor() as cursor:
        parameters = [write_json(changes), write_json(deduplication.since(settled))]
        cursor.execute(batch_sql.SETTLE_CALL, [now, *parameters, *deduplication.described(settled)])
        stored = int(cursor.fetchone()[0])
    deduplication.keep(settled, ids)
    deduplication.rename({call.key: ids.series[given.series] for call, given in heirs.items()})
    return stored


def _copy(rows: Sequence[SpanRow], ids: lookup.Ids) -> None:
    """Put *rows* where the functions read them."""
    # Django gives its own names only to the errors of its own methods.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(batch_sql.COPY) as copy,
    ):
        copy.write(copy_text.lines(rows, ids))


_names, _new_series = Names(), NewSeries()
_sharing = Sharing()
_nested, _new_sources = Nested(), NewSources()
