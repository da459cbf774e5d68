"""What one process finds out for all: claims, so that only one does, and notes that every one reads."""

from collections.abc import Mapping
from typing import Any

# A note that nobody renews, as of a tool that is no more.
KEPT_S = 86_400


async def claim(client: Any, prefix: str, name: str, hold_s: float) -> bool:
    """See ``SharedState.claim``."""
    return bool(await client.set(f"{prefix}claim:{name}", 1, nx=True, px=max(1, round(hold_s * 1000))))


async def post_notes(client: Any, prefix: str, notes: Mapping[str, bytes]) -> None:
    """See ``SharedState.post``."""
    async with client.pipeline(transaction=False) as pipe:
        pipe.hset(f"{prefix}notes", mapping=dict(notes))
        pipe.expire(f"{prefix}notes", KEPT_S)
        await pipe.execute()


async def read_notes(client: Any, prefix: str) -> Mapping[str, bytes]:
    """See ``SharedState.notes``."""
    return {name.decode(): value for name, value in (await client.hgetall(f"{prefix}notes")).items()}


class MemoryNotes:
    """The same of one process."""

    def __init__(self) -> None:
        self._held: dict[str, float] = {}
        self.notes: dict[str, bytes] = {}

    def claim(self, name: str, hold_s: float, now: float) -> bool:
        if self._held.get(name, now) > now:
            return False
        self._held[name] = now + hold_s
        return True
