"""Stored spans priced again, after the price table was corrected."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from telemetry import rollups
from telemetry.cost.pricing import Book
from telemetry.cost.spans import adds_up, cost_usd
from telemetry.models import Span

HOUR = timedelta(hours=1)
READ_AT_A_TIME = 2_000
UPDATE = """
UPDATE telemetry_span AS span SET cost_usd = new.cost_usd
FROM unnest(%s::timestamptz[], %s::uuid[], %s::bigint[], %s::numeric[])
    AS new (start_time, trace_id, span_id, cost_usd)
WHERE (span.start_time, span.trace_id, span.span_id) = (new.start_time, new.trace_id, new.span_id)"""


class Change(NamedTuple):
    """The new cost of a span, by its key."""

    start_time: datetime
    trace_id: UUID
    span_id: int
    cost_usd: Decimal | None


class Hour(NamedTuple):
    """What was done to the spans of one hour."""

    start: datetime
    looked_at: int
    changed: int


def reprice(start: datetime, end: datetime, book: Book) -> Iterator[Hour]:
    """Price the spans of the period by *book*, in whole hours and oldest first.

    Spans and rollups of an hour change in one transaction, during which nobody else writes; an hour whose costs
    are right already is only read. An hour's new costs are held in memory.
    """
    start, end = rollups.whole_hours(start, end)
    while start < end:
        until = min(start + HOUR, end)
        looked_at, changes = _changes(start, until, book)
        if changes:
            _write(start, until, changes)
        yield Hour(start, looked_at, len(changes))
        start = until


def _changes(start: datetime, end: datetime, book: Book) -> tuple[int, list[Change]]:
    told = Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False) | Q(cost_usd__isnull=False)
    spans = Span.objects.whole().started_between(start, end).filter(told)
    looked_at, changes = 0, []
    for span in spans.defer("events", "links", "error_message").iterator(READ_AT_A_TIME):
        looked_at += 1
        cost = _cost(span, book)
        if cost != span.cost_usd:
            changes.append(Change(span.start_time, span.trace_id, span.span_id, cost))
    return looked_at, changes


def _cost(span: Span, book: Book) -> Decimal | None:
    if adds_up(span.operation, span.attributes):
        return None
    tokens = (span.input_tokens, span.output_tokens)
    return cost_usd(book, (span.provider, span.model), span.start_time, tokens, span.attributes)


def _write(start: datetime, end: datetime, changes: Sequence[Change]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # First: a writer that holds a span's key would wait for it, and we for the writer.
        cursor.execute(rollups.LOCK)
        cursor.execute(UPDATE, [list(column) for column in zip(*changes, strict=True)])
        rollups.recompute(start, end)
