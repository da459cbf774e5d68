"""How much of their quotas API keys have used, in all processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tools.running.runtime import get_executor
from tools.state.quotas.owners import quotas_of_key
from tools.state.quotas.quota import Used


class Key(Protocol):
    """An ``ApiKey``, or what a snapshot knows of it."""

    @property
    def name(self) -> str: ...
    @property
    def quota_day(self) -> int | None: ...
    @property
    def quota_month(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """A key by name, and its quotas: the day's, then the month's; none where the key has none."""

    name: str
    quotas: tuple[Used, ...]

    def as_dict(self) -> dict[str, Any]:
        """The shape of the REST answer."""
        return {"api_key": self.name, "quotas": [_as_dict(used) for used in self.quotas]}

    def in_words(self) -> str:
        """``12 of 100 today``, for a list."""
        words = [f"{used.used:,} of {used.quota.limit:,} {_this(used)}" for used in self.quotas]
        return ", ".join(words) or "–"


async def usage_of(keys: Sequence[Key]) -> list[KeyUsage]:
    """The usage of each of *keys*, in one round trip."""
    quotas = [quotas_of_key(key.name, key.quota_day or 0, key.quota_month or 0) for key in keys]
    used = iter(await get_executor().state.quotas_used([quota for found in quotas for quota in found]))
    return [KeyUsage(key.name, tuple(next(used) for _ in found)) for key, found in zip(keys, quotas, strict=True)]


def _this(used: Used) -> str:
    return "today" if used.quota.period == "day" else "this month"


def _as_dict(used: Used) -> dict[str, Any]:
    return {
        "period": used.quota.period.value,
        "limit": used.quota.limit,
        "used": used.used,
        "left": used.left,
        "resets_at": datetime.fromtimestamp(used.resets_at, UTC).isoformat(),
    }
