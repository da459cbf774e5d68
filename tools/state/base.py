"""What the stages ask of shared state. Valkey answers it for all processes, memory for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tools.policy import BreakerPolicy, Rate


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Question:
    """All that one call asks of shared state before its tool runs, so that one round trip answers it."""

    tool: str
    cache_key: str = ""  # empty: the tool does not cache
    rate: Rate | None = None
    probe: BreakerPolicy | None = None  # set when the breaker's rest is over and this call may be the probe


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer. A cache hit leaves the limiter and the breaker untouched."""

    cached: bytes | None = None
    allowed: bool = True  # by the rate limit
    retry_after_s: float = 0.0
    may_probe: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What a call left behind, sent in the background after it ended, many at a time."""

    tool: str
    breaker: BreakerPolicy | None = None  # None: the breaker does not count this call
    failed: bool = False
    cache_key: str = ""
    cache_value: bytes | None = None
    cache_ttl_s: float = 0.0
    cache_hit: bool | None = None  # None: the tool does not cache


class SharedState(Protocol):
    """Token buckets, breakers and cached results, of one process (memory) or of all (Valkey)."""

    async def ask(self, question: Question) -> Admission:
        """Cache look-up, then a token, then leave to probe, in that order and in one round trip."""

    async def report(self, reports: Sequence[Report]) -> None:
        """Count outcomes and keep results, in one round trip for all of *reports*."""

    def breaker_state(self, tool: str) -> BreakerState:
        """The last state heard of, without a round trip."""
