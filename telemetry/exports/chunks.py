"""Reads what an export writes, newest first, in chunks that each are one short transaction.

The period is walked in slices of an hour, so that no query reads much where little matches, and by keyset inside a
slice. No chunk keeps a snapshot open while the last one is written, which would keep vacuum from its work.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.database.replica import reader
from telemetry.exports.formats import Exported
from telemetry.exports.limits import CHUNK_ROWS, CHUNK_ROWS_WITH_PAYLOADS, CHUNK_TIMEOUT_S
from telemetry.exports.models import Export
from telemetry.exports.otlp_json import Key, key_of
from telemetry.exports.payload_free import payload_free
from telemetry.models import Span, SpanPayload
from telemetry.models.spans import SpanQuerySet
from telemetry.search import SearchError, SearchTooExpensive, compiling, parse
from telemetry.search.guard import guarded

SLICE = timedelta(hours=1)
# Along the key: where Postgres guesses wrongly how much a slice has, it would sort all of it for each chunk.
WALK = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"
NEWEST_FIRST = ("-start_time", "-trace_id", "-span_id")


class Unreadable(Exception):
    """The spans cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next spans; all that began after ``reached`` have been read now."""

    spans: Sequence[Exported]
    reached: datetime


def slices(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """*start* to *end* in parts of an hour, the newest first; cut at whole hours, as partitions are at days."""
    while end > start:
        hour = end.replace(minute=0, second=0, microsecond=0)
        begin = max(start, hour if hour < end else end - SLICE)
        yield begin, end
        end = begin


def chunks_of(export: Export) -> Iterator[Chunk]:
    """All of *export*; also a slice without a span is a chunk, so that its progress is seen. Raises Unreadable."""
    most = CHUNK_ROWS_WITH_PAYLOADS if export.with_payloads else CHUNK_ROWS
    try:
        # Words, sources and shared attributes are read for the spans of a chunk, not joined to all of a slice.
        each = Span.objects.whole().select_related(None).prefetch_related("series", "source", "attribute_set")
        wanted = each.filter(compiling.condition(compiling.plan(parse(export.query).root)))
        for start, end in slices(export.start, export.end):
            rows = wanted.started_between(start, end).order_by(*NEWEST_FIRST)
            while True:
                found = _read(rows, most, with_payloads=export.with_payloads)
                is_last = len(found) < most
                yield Chunk(found, start if is_last else found[-1][0].start_time)
                if is_last:
                    break
                rows = _after(rows, found[-1][0])
    except (SearchError, SearchTooExpensive) as error:
        raise Unreadable(str(error)) from error


def _after(rows: SpanQuerySet, last: Span) -> SpanQuerySet:
    # The second bound follows from the first, which does not name partitions.
    return rows.filter(pk__lt=last.pk, start_time__lte=last.start_time)


def _read(rows: SpanQuerySet, most: int, *, with_payloads: bool) -> list[Exported]:
    with guarded(int(CHUNK_TIMEOUT_S * 1000)):
        with reader().cursor() as cursor:
            cursor.execute(WALK)
        spans = list(rows[:most])
        payloads = _payloads(spans) if with_payloads else {}
    if not with_payloads:
        return [(payload_free(span), None) for span in spans]
    return [(span, payloads.get(key_of(span))) for span in spans]


def _payloads(spans: Sequence[Span]) -> Mapping[Key, SpanPayload]:
    if not spans:
        return {}
    within = SpanPayload.objects.filter(start_time__gte=spans[-1].start_time, start_time__lte=spans[0].start_time)
    return {key_of(payload): payload for payload in within.filter(trace_id__in={span.trace_id for span in spans})}
