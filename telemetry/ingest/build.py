"""The rows of a request's spans, and what is wrong with those that get none."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings

from telemetry.database import partitions
from telemetry.ingest.received import Received
from telemetry.semconv import Origin
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import MAX_EVENTS, SpanRow, Unstorable, ends_after, row_from_facts
from telemetry.values.texts import MAX_ATTRIBUTES, clean

# So much of a service's name is repeated in an answer.
SERVICE_CHARS = 60


def build(
    received: Received, now: datetime, api_key: str = "", services: Collection[str] = (), *, keep: bool = False
) -> list[SpanRow]:
    """The rows of what is *received* by *now* with the key *api_key*, with problems noted there.

    Of the *services* alone, where any are named: those that the key is bound to. ``received.spans`` are given up
    one by one, since both together take twice the memory; with *keep* those that became rows are there again.
    """
    oldest, newest = partitions.allowed(now)
    rows: list[SpanRow] = []
    spans, received.spans = received.spans[::-1], []
    while spans:
        facts = spans.pop()
        if services and facts.service not in services:
            received.problems[_not_bound(facts.service)] += 1
            continue
        try:
            row = row_from_facts(facts, settings.PAYLOAD_MAX_CHARS, api_key, Origin.REPORTED)
        except Unstorable as error:
            received.problems[str(error)] += 1
            continue
        if row.start_time < oldest:
            received.problems[
                f"it began before {oldest:%F}: spans are kept for {settings.RETENTION_DAYS} days"
            ] += 1
        elif row.start_time > newest:
            received.problems["it began more than an hour from now: look at the sender's clock"] += 1
        elif ends_after(row, newest):
            received.problems["it ended more than an hour from now: look at the sender's clock"] += 1
        else:
            rows.append(row)
            note_limits(received, facts)
            if keep:
                received.spans.append(facts)
    return rows


def _not_bound(service: str) -> str:
    named = f"service.name is {clean(service, SERVICE_CHARS)!r}" if service else "it names no service.name"
    return f"{named}, and this API key may not send for it: add it to the key's services, or use another key"


def note_limits(received: Received, facts: SpanFacts) -> None:
    """Count what of a span is more than is kept."""
    for what, there, most in (
        ("attributes", facts.attributes, MAX_ATTRIBUTES),
        ("events", facts.events, MAX_EVENTS),
        ("links", facts.links, MAX_EVENTS),
    ):
        if len(there) > most:
            received.left_out[f"{what} beyond {most} of a span"] += len(there) - most
