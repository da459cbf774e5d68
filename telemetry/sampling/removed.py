"""The spans that thinning deleted: known again when they are sent again.

The store tells a span that it has by its row. The row of a deleted one is gone, so eight bytes of it are kept.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from django.db import connection

from telemetry.sampling.models import RemovedSpans
from telemetry.spans.rows import SpanRow

HOUR = timedelta(hours=1)
# How long after its end an hour is thinned: spans of a trace come late, and senders try again.
SETTLE = timedelta(hours=1)
# Thinning and the storing of spans that may have been thinned wait for each other (an arbitrary number).
LOCK_KEY = 7_305_202

Key = tuple[datetime, uuid.UUID, int]


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def key_of(key: Key) -> int:
    """A span's start time, trace id and span id, as one signed number of 64 bits."""
    start_time, trace_id, span_id = key
    text = f"{start_time.timestamp():.6f}:{trace_id.hex}:{span_id}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), signed=True)


def remember(hour: datetime, keys: Iterable[Key]) -> None:
    numbers = [key_of(key) for key in keys]
    if numbers:
        RemovedSpans.objects.create(hour=hour, keys=numbers)


def without_known(rows: Sequence[SpanRow], now: datetime) -> Sequence[SpanRow]:
    """*rows* without those that were stored and deleted before; no query unless some are old enough.

    Until the transaction ends no others are deleted.
    """
    old = {(row.start_time, row.trace_id, row.span_id) for row in rows if row.start_time < now - SETTLE}
    gone = _known(old) if old else set()
    return [row for row in rows if (row.start_time, row.trace_id, row.span_id) not in gone] if gone else rows


def _known(keys: Collection[Key]) -> set[Key]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK_KEY])
        numbers = {key_of(key): key for key in keys}
        cursor.execute(
            "SELECT DISTINCT key FROM sampling_removedspans, unnest(keys) AS key "
            "WHERE hour = ANY(%s) AND key = ANY(%s)",
            [list({hour_of(key[0]) for key in keys}), list(numbers)],
        )
        return {numbers[number] for (number,) in cursor.fetchall()}
