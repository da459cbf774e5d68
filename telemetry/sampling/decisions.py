"""What is kept of a trace. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple


class Fate(NamedTuple):
    """One in so many such traces is kept, and the payloads of one in so many."""

    keep_one_in: int = 1
    payloads_one_in: int = 1


WHOLE = Fate()


@dataclass(frozen=True, slots=True)
class Trace:
    """What matters of a trace: the series of its spans, whether one failed or was slow, and its longest span."""

    trace_id: uuid.UUID
    series: Sequence[int]
    failed: bool
    slow: bool
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Matcher:
    """A rule with the series that its words name; ``slow_ms`` None: slow is what is slow for its tool."""

    series: frozenset[int]
    fate: Fate
    slow_ms: int | None = None


def fate_of(trace: Trace, matchers: Iterable[Matcher]) -> Fate:
    """By the first of *matchers* that matches. A trace that failed or was slow anywhere is kept whole."""
    if trace.failed:
        return WHOLE
    for matcher in matchers:
        if not matcher.series.isdisjoint(trace.series):
            slow = trace.slow if matcher.slow_ms is None else trace.longest_ms > matcher.slow_ms
            return WHOLE if slow else matcher.fate
    return WHOLE


def is_kept(trace_id: uuid.UUID, one_in: int) -> bool:
    """Whether a trace is the one in *one_in*: always the same answer, in every process.

    Of a hash, for the bits of an id are not all random, and some senders sample by them.
    """
    return int.from_bytes(blake2b(trace_id.bytes, digest_size=8).digest()) % one_in == 0


@dataclass(slots=True)
class Sentence:
    """What is to be done with some traces: those to delete, those without payloads, and those to weigh."""

    deleted: list[uuid.UUID]
    stripped: list[uuid.UUID]
    weighed: dict[uuid.UUID, int]


def sentence(traces: Iterable[Trace], matchers: Sequence[Matcher]) -> Sentence:
    """What becomes of *traces*: one in N is kept and weighs N, so that weights add up to what there was."""
    found = Sentence([], [], {})
    for trace in traces:
        fate = fate_of(trace, matchers)
        if not is_kept(trace.trace_id, fate.keep_one_in):
            found.deleted.append(trace.trace_id)
            continue
        if fate.keep_one_in > 1:
            found.weighed[trace.trace_id] = fate.keep_one_in
        if not is_kept(trace.trace_id, fate.payloads_one_in):
            found.stripped.append(trace.trace_id)
    return found
