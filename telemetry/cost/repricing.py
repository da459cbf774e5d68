"""Stored spans priced again, after the price table was corrected."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Q, QuerySet

from telemetry.cost.pricing import Book
from telemetry.cost.spans import adds_up, cost_usd
from telemetry.models import Span
from telemetry.rollups import rebuild

HOUR = timedelta(hours=1)
# Spans are read in steps of this, for a cursor of the server's does not outlive a transaction of PgBouncer's.
STEP = timedelta(minutes=5)
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
    """What was done to the spans of one hour; *thinned*: nothing, for sampling deleted some of them."""

    start: datetime
    looked_at: int = 0
    changed: int = 0
    thinned: bool = False


def reprice(start: datetime, end: datetime, book: Book) -> Iterator[Hour]:
    """Price the spans of the period by *book*, in whole hours and oldest first.

    Spans and rollups of an hour change in one transaction, during which nobody else writes; an hour whose costs
    are right already is only read. An hour's new costs are held in memory. Thinned hours are left as they are:
    their rollups cannot be made from the spans that are left.
    """
    start, end = rebuild.whole_hours(start, end)
    thinned = set(rebuild.thinned_hours(start, end)) if start < end else set()
    while start < end:
        if start in thinned:
            yield Hour(start, thinned=True)
        else:
            yield _reprice_hour(start, book)
        start += HOUR


def _reprice_hour(start: datetime, book: Book) -> Hour:
    looked_at, changes = 0, list[Change]()
    for step in range(HOUR // STEP):
        for span in _told(start + step * STEP):
            looked_at += 1
            cost = _cost(span, book)
            if cost != span.cost_usd:
                changes.append(Change(span.start_time, span.trace_id, span.span_id, cost))
    if changes:
        _write(start, changes)
    return Hour(start, looked_at, len(changes))


def _told(start: datetime) -> QuerySet[Span]:
    """The spans of one step that tell of tokens or have a cost; not from a replica, which may be behind."""
    told = Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False) | Q(cost_usd__isnull=False)
    spans = Span.objects.whole().using(DEFAULT_DB_ALIAS).started_between(start, start + STEP).filter(told)
    return spans.defer("events", "links", "error_message")


def _cost(span: Span, book: Book) -> Decimal | None:
    if adds_up(span.operation, span.attributes):
        return None
    tokens = (span.input_tokens, span.output_tokens)
    return cost_usd(book, (span.provider, span.model), span.start_time, tokens, span.attributes)


def _write(start: datetime, changes: Sequence[Change]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # First: a writer that holds a span's key would wait for it, and we for the writer.
        cursor.execute(rebuild.LOCK)
        cursor.execute(UPDATE, [list(column) for column in zip(*changes, strict=True)])
        rebuild.recompute(start, start + HOUR)
