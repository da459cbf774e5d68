"""Spans between two that tell of one call: of HTTP, of a queue, of a step of an application. Pure.

Who made them knows nothing of calls. So a witness is put below the call that it lies below by such spans, whenever
they come: what lies above it is climbed as far as it is known, and on when more is.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from telemetry import semconv as sc
from telemetry.spans.dialects import OF_TOOLS
from telemetry.spans.rows import SpanRow
from telemetry.witnesses.deciding import Witness

# So many lie between a client and a server at most: with more, one is a call that the other's tool made.
MOST_BETWEEN = 4
# What decides what is called next is nobody's messenger.
NO_STEPS = frozenset({*sc.CHATS, *sc.AGENT_OPERATIONS, *OF_TOOLS})

# Of a step, and who says so: nobody takes a call out of what others count. Each with what it lies below.
Step = tuple[uuid.UUID, int, str, str]
Steps = Mapping[Step, int]


def is_step(row: SpanRow) -> bool:
    """Whether *row* may lie between two spans of one call."""
    series = row.series
    return (
        row.parent_span_id is not None
        and not row.outcome
        and series.origin == sc.Origin.REPORTED
        and series.operation not in NO_STEPS
    )


def steps_of(stored: Iterable[Witness], new: Iterable[SpanRow]) -> Steps:
    """The steps that are *stored* and *new*: what each lies below."""
    steps: dict[Step, int] = {}
    found: Iterable[Witness | SpanRow] = chain(stored, new)
    for each in found:
        if each.parent_span_id is not None:
            step = (each.trace_id, each.span_id, each.series.origin, each.series.api_key)
            # Of several that claim one id, the same whichever comes first.
            steps[step] = min(each.parent_span_id, steps.get(step, each.parent_span_id))
    return steps


def climb(witnesses: Collection[Witness], steps: Steps) -> None:
    """Put each of *witnesses* below the first above it that is none of *steps*."""
    calls = {(each.trace_id, each.span_id) for each in witnesses}
    for each in witnesses if steps else ():
        while each.parent_span_id is not None and each.steps < MOST_BETWEEN:
            place = each.trace_id, each.parent_span_id
            above = steps.get((*place, each.series.origin, each.series.api_key))
            if above is None or place in calls:
                break
            each.parent_span_id, each.moved = above, True
            each.steps += 1
