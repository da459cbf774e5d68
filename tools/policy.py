"""How a tool may be called: one immutable object, from code's defaults and an admin's edits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

UNITS_S = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """*count* calls per *per_s* seconds, as a token bucket that holds *count* tokens when full."""

    count: int
    per_s: float

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """``"10/min"``, ``"20/hour"``, ``"5/s"``; None for ``""``.

        Raises ValueError that says what to write instead.
        """
        if not text.strip():
            return None
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d*)\s*([a-z]+?)s?\s*", text.lower())
        unit = found and (UNITS_S.get(found[3]) or UNITS_S.get(found[3] + "s"))
        if not found or not unit or int(found[1]) < 1 or found[2] == "0":
            raise ValueError(f"{text!r} is not a rate: write a number and a unit, such as '10/min' or '20/hour'.")
        return cls(int(found[1]), float(int(found[2] or 1) * unit))

    def __str__(self) -> str:
        for unit in ("day", "hour", "min", "s"):
            if self.per_s % UNITS_S[unit] == 0:
                many = int(self.per_s // UNITS_S[unit])
                return f"{self.count}/{many if many > 1 else ''}{unit}"
        return f"{self.count}/{self.per_s:g}s"


class BreakerHold(StrEnum):
    """What an admin decides about a breaker, whatever it counts."""

    NONE = ""
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Open after *failures* of the calls in the last *window_s* if they are at least *share* of them.

    A call that took longer than *slow_s* (0: none does) is slow: the breaker opens also where *failures* calls
    or more were slow and these are at least *slow_share* of all.
    """

    failures: int = 5
    share: float = 0.5
    window_s: float = 30.0
    cooldown_s: float = 15.0
    slow_s: float = 0.0
    slow_share: float = 0.8


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

    def with_edits(self, edits: Mapping[str, Any]) -> "ToolPolicy":
        """This policy with an admin's *edits*; a value of None leaves the default as it is."""
        changed = {name: value for name, value in edits.items() if value is not None}
        return replace(self, **changed) if changed else self
