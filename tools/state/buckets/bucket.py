"""Which token buckets a call takes from: its tool's, and its caller's of that tool."""

from dataclasses import dataclass
from typing import Protocol

from tools.definition.policy import Rate


class Rates(Protocol):
    """A ``Question``, or a ``CallLimits``."""

    @property
    def rate(self) -> Rate | None: ...
    @property
    def caller_rate(self) -> Rate | None: ...
    @property
    def caller(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """``limit`` is the setting that it comes from. An edited rate is another key: its bucket starts full."""

    limit: str
    key: str
    rate: Rate


def buckets_of(tool: str, rates: Rates) -> tuple[Bucket, ...]:
    """What a call of *tool* under *rates* takes a token from, each."""
    found: tuple[Bucket, ...] = ()
    if rate := rates.rate:
        found = (Bucket("rate", f"{tool}:{rate.count}/{rate.per_s}/{rate.burst}", rate),)
    if rate := rates.caller_rate:
        key = f"{tool}:{rates.caller}:{rate.count}/{rate.per_s}/{rate.burst}"
        found += (Bucket("caller_rate", key, rate),)
    return found
