"""Records of a journal, each a span that ended, brought into the store."""

import logging
from collections.abc import Sequence

from django.conf import settings

from telemetry.process.counters import counters
from telemetry.semconv import Origin
from telemetry.spans import finished
from telemetry.spans.rows import SpanRow, Unstorable, row_from_facts
from telemetry.store.batches import is_canary
from telemetry.store.writer import get_writer, within_window

logger = logging.getLogger(__name__)


def store(records: Sequence[bytes]) -> None:
    """Store *records*, and have them forwarded; returns after the commit. Raises StoreUnavailable.

    What cannot be stored is left out, said in the log and counted.
    """
    rows: list[SpanRow] = []
    record_of: dict[int, bytes] = {}
    for record in records:
        try:
            said = finished.decode(record)
            rows.append(row_from_facts(said, settings.PAYLOAD_MAX_CHARS, origin=Origin.OWN))
            record_of[id(rows[-1])] = record
        except Unstorable as error:
            logger.warning("A span is refused: %s", error)
        except Exception:
            logger.exception("A span is refused")
    storable = within_window(rows)
    counters().add(refused=len(records) - len(storable))
    if storable:
        forward = [record_of[id(row)] for row in storable if not is_canary(row)]
        get_writer().submit(storable, bounded=False, forward=forward).result()
