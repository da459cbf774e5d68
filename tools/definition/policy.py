"""How a tool may be called: one immutable object, from code's defaults and an admin's edits."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

MAX_RETRY_DELAY_S = 30.0
# What an admin writes for a tool that has a rate in code and should have none.
UNLIMITED = "unlimited"
UNITS_S = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """*count* calls per *per_s* seconds on average, as a token bucket that holds *burst* tokens (0: *count*)."""

    count: int
    per_s: float
    burst: int = 0

    @property
    def capacity(self) -> int:
        """The tokens of a full bucket: how many calls may come at once."""
        return self.burst or self.count

    @property
    def token_s(self) -> float:
        """The seconds in which one token comes back."""
        return self.per_s / self.count

    @property
    def full_s(self) -> float:
        """The seconds in which an empty bucket fills up."""
        return self.capacity * self.per_s / self.count

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """``"10/min"``, ``"20/hour"``, ``"5/s"``, ``"10/min burst 30"``; None for ``""``.

        Raises ValueError that says what to write instead.
        """
        if not text.strip():
            return None
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d*)\s*([a-z]+?)s?(?:\s+burst\s+(\d+))?\s*", text.lower())
        unit = found and (UNITS_S.get(found[3]) or UNITS_S.get(found[3] + "s"))
        if not found or not unit or int(found[1]) < 1 or "0" in {found[2], found[4]}:
            raise ValueError(
                f"{text!r} is not a rate: write a number and a unit, such as '10/min' or '20/hour', and after it "
                "how many may come at once if that is another number: '10/min burst 30'."
            )
        return cls(int(found[1]), float(int(found[2] or 1) * unit), int(found[4] or 0))

    def __str__(self) -> str:
        burst = f" burst {self.burst}" if self.burst else ""
        for unit in ("day", "hour", "min", "s"):
            if self.per_s % UNITS_S[unit] == 0:
                many = int(self.per_s // UNITS_S[unit])
                return f"{self.count}/{many if many > 1 else ''}{unit}{burst}"
        return f"{self.count}/{self.per_s:g}s{burst}"


class BreakerHold(StrEnum):
    """What an admin decides about a breaker, whatever it counts."""

    NONE = ""
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Open after *failures* of the calls in the last *window_s* if they are at least *share* of them.

    A call that took longer than *slow_s* (0: none does) is slow: the breaker opens also where *failures* calls
    or more were slow and these are at least *slow_share* of all. An open breaker lets the tool rest for
    *cooldown_s*, twice as long after each time that a probe failed (eight times at most); then *probes* calls have
    to succeed before it closes, and no more than these run until then.
    """

    failures: int = 5
    share: float = 0.5
    window_s: float = 30.0
    cooldown_s: float = 15.0
    slow_s: float = 0.0
    slow_share: float = 0.8
    probes: int = 1

    def __post_init__(self) -> None:
        if self.failures < 1 or self.probes < 1:
            raise ValueError("A breaker opens after 1 failure or more and closes after 1 probe or more.")


@dataclass(frozen=True, slots=True)
class ToolRetryPolicy:
    """What holds for the retries of every tool: the tries of a call in all, at most, and how long they are apart.

    ``base_delay`` is in seconds.
    """

    max_attempts: int = 3
    base_delay: float = 1.0

    def __post_init__(self) -> None:
        if self.max_attempts < 1 or not 0 <= self.base_delay < math.inf:
            raise ValueError("A call has 1 attempt or more, and 0 seconds or more between them.")

    def delay(self, attempt: int) -> float:
        """The seconds to wait at most after *attempt*, the first of which is 0: doubled each time, 30 at most."""
        return min(MAX_RETRY_DELAY_S, self.base_delay * 2.0**attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """The limits of one tool. ``roles`` empty means that every role may call it."""

    enabled: bool = True
    description: str = ""
    roles: frozenset[str] = frozenset()
    timeout_s: float = 30.0  # of one attempt
    deadline_s: float = 60.0  # of the call: attempts, waits between them, and waiting for its turn
    retries: int = 0  # tries after the first
    retry_on: frozenset[str] = frozenset()  # layers and codes; empty: what calls itself retryable
    hedge_after_s: float = 0.0  # a second attempt beside a slow first one; 0: none
    rate: Rate | None = None  # of all callers together
    caller_rate: Rate | None = None  # of each caller
    quota_day: int = 0  # calls of each caller; 0: as many as they like
    quota_month: int = 0
    max_concurrent: int = 0  # calls at the same time, over all processes; 0: any number
    max_queued: int = 100  # calls of one process that may wait for their turn
    cache_ttl_s: float = 0.0  # 0: results are not kept
    cache_stale_s: float = 0.0  # for so long after its end a result is still given while a new one is fetched
    cache_errors_s: float = 0.0  # 0: failures are not kept
    semantic_threshold: float = 0.0  # least likeness of two questions that share an answer; 0: only equal ones
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    breaker_hold: BreakerHold = BreakerHold.NONE

    @property
    def limited(self) -> bool:
        """Whether a call has to be counted before it may run."""
        return bool(self.rate or self.caller_rate or self.quota_day or self.quota_month)

    def may_be_called_by(self, role: str) -> bool:
        return self.enabled and (not self.roles or role in self.roles)

    def faults_of_hedging(self, idempotent: bool) -> list[str]:
        """Why a tool may not be hedged so; nothing if it may."""
        if not self.hedge_after_s or idempotent:
            return []
        return [
            "hedge_after_s is for tools that are idempotent, for both attempts may get through: "
            "say idempotent=True if it is, or leave it out"
        ]

    def with_edits(self, edits: Mapping[str, Any]) -> "ToolPolicy":
        """This policy with an admin's *edits*; a value of None leaves the default as it is."""
        changed = {name: value for name, value in edits.items() if value is not None}
        return replace(self, **changed) if changed else self
