"""The evidence of all processes. Raises redis's errors while Valkey is away: ``evidence.py`` copes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected

from tools.selection.arms import Arm, Arms, Sums
from tools.selection.decision import Counting
from tools.state.base import ASK_TIMEOUT_S
from tools.state.scripts import Script, ScriptLine

HERE = Path(__file__).parent
CHOOSE, TELL, RESTORE = (Script.of((HERE / f"{name}.lua").read_text()) for name in ("choose", "tell", "restore"))


class SharedArms:
    """*key* is where in Valkey it stands (``TOOL_BANDIT_REDIS_KEY``). Used on one event loop at a time."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url, key
        self._line: tuple[asyncio.AbstractEventLoop, Any, ScriptLine] | None = None

    async def read(self, series: str) -> Arms | None:
        """The sums of *series*; None where Valkey knows of none, as after it was wiped."""
        return arms_of(await self._call(CHOOSE, series, "", "", "0"))

    async def choose(self, decision_id: str, counting: Counting, keep_s: float) -> Arms | None:
        """Keep a decision for its feedback; the sums, as ``read``."""
        arguments = (counting.series, decision_id, counting.packed(), str(max(1, int(keep_s))))
        return arms_of(await self._call(CHOOSE, *arguments))

    async def decision(self, decision_id: str) -> Counting | None:
        """What the feedback of a decision needs that another process made."""
        _, client, _ = self._here()
        found = await client.hget(f"{self._key}:decision:{decision_id}", "what")
        return Counting.unpacked(found) if found else None

    async def tell(
        self, decision_id: str, counting: Counting, row: Sums, now: float, *, claimed: bool = False
    ) -> tuple[str, Arm | None]:
        """Add *row* once: ``counted`` and the sums after it, ``repeated``, ``unknown`` or ``lost`` (wiped)."""
        times = (repr(now), repr(counting.decided_at), repr(counting.half_life_s))
        ids = (counting.series, decision_id, counting.member)
        said = await self._call(TELL, *ids, *times, "1" if claimed else "", *map(repr, row))
        return said[0].decode(), arm_of(said[1]) if len(said) > 1 else None

    async def restore(self, series: str, arms: Arms, *, replace: bool) -> Arms:
        """Write *arms* where there are none, or in the place of those there; what holds after it."""
        values = [part for name, arm in arms.items() for part in (name, text_of(arm))]
        return arms_of(await self._call(RESTORE, series, "1" if replace else "", *values)) or {}

    async def ping(self) -> None:
        _, client, _ = self._here()
        await client.ping()

    async def _call(self, script: Script, *arguments: str) -> Any:
        _, _, line = self._here()
        return await line.call(script, self._key, *arguments)

    def _here(self) -> tuple[asyncio.AbstractEventLoop, Any, ScriptLine]:
        loop = asyncio.get_running_loop()
        if self._line is None or self._line[0] is not loop:
            client = Redis.from_url(
                self._url,
                socket_timeout=ASK_TIMEOUT_S,
                socket_connect_timeout=ASK_TIMEOUT_S,
                retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            )
            self._line = (loop, client, ScriptLine(client, ASK_TIMEOUT_S))
        return self._line

    async def aclose(self) -> None:
        if self._line is not None and self._line[0] is asyncio.get_running_loop():
            _, client, line = self._line
            self._line = None
            await line.aclose()
            await client.aclose()


def arms_of(reply: Sequence[bytes]) -> Arms | None:
    named = zip(reply[::2], reply[1::2], strict=True)
    return {name.decode(): arm_of(value) for name, value in named if name} if reply else None


def arm_of(value: bytes) -> Arm:
    """Its sums; where they ran over nothing is known of it, as ``tell.lua`` takes it, too."""
    at, *sums = map(float, value.split())
    found = Arm(tuple(sums), at)
    return found if found.is_sound else Arm((0.0,) * len(sums))


def text_of(arm: Arm) -> str:
    return " ".join(map(repr, (arm.at, *arm.sums)))
