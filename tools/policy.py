"""How a tool may be called: one immutable object, from code's defaults and an admin's edits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Open after *failures* of the calls in the last *window_s* if they are at least *share* of them."""

    failures: int = 5
    share: float = 0.5
    window_s: float = 30.0
    cooldown_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """The limits of one tool. ``roles`` empty means that every role may call it."""

    enabled: bool = True
    description: str = ""
    roles: frozenset[str] = frozenset()
    timeout_s: float = 30.0
    retries: int = 0  # tries after the first
    rate: Rate | None = None
    cache_ttl_s: float = 0.0  # 0: results are not kept
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)

    def with_edits(self, edits: Mapping[str, Any]) -> "ToolPolicy":
        """This policy with an admin's *edits*; a value of None leaves the default as it is."""
        changed = {name: value for name, value in edits.items() if value is not None}
        return replace(self, **changed) if changed else self
