"""What is known of the members of each group: Valkey's, shared by all processes; made anew of the log where that
was wiped; this process's own while Valkey is away.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from redis.exceptions import RedisError

from tools.selection.arms import Arm, Arms, Sums, width
from tools.selection.decision import Counting, Decision
from tools.selection.group import Group
from tools.selection.log import rows
from tools.selection.log.writer import Writer, in_thread
from tools.selection.shared.valkey import SharedArms

loop_here = asyncio.get_running_loop
logger = logging.getLogger(__name__)
AWAY = (RedisError, OSError, TimeoutError)
FRESH_S = 1.0
RETRY_S = 1.0
# For so long nobody asks Postgres again that did not answer.
REST_S = 5.0
# Series whose evidence is at hand; those that were asked for longest ago are read anew.
MOST_KNOWN = 500


@dataclass(slots=True)
class Known:
    """The evidence of one series as this process saw it last, by its clock."""

    arms: dict[str, Arm]
    at: float
    half_life_s: float
    features: int

    def of(self, group: Group, now: float) -> Arms:
        none = Arm((0.0,) * width(len(group.features)), now)
        return {name: self.arms.get(name, none).faded(now, group.half_life_s) for name in group.members}


class Evidence:
    """Used on one event loop. *clock* is seconds since 1970, the same for all processes."""

    def __init__(self, shared: SharedArms, writer: Writer, clock: Callable[[], float] = time.time) -> None:
        self._shared, self._writer, self._clock = shared, writer, clock
        self._known: dict[str, Known] = {}
        self._watching: asyncio.Task[None] | None = None
        self._unsent: dict[str, Decision] = {}
        self._sending: asyncio.Task[None] | None = None
        self._unread_until = 0.0
        # When Valkey went away (seconds since 1970); None while it is there.
        self.degraded_since: float | None = None

    def fresh(self, group: Group) -> Arms | None:
        """What is known of the members of *group*, faded to now, in its order; None where that is a second old.

        From any thread.
        """
        now = self._clock()
        known = self._known.get(group.series)
        if known is None or (self.degraded_since is None and not 0 <= now - known.at < FRESH_S):
            return None
        return known.of(group, now)

    async def of(self, group: Group) -> Arms:
        """The same, read where it is older: one round trip."""
        now = self._clock()
        return self.fresh(group) or (await self._read(group, now)).of(group, now)

    async def _read(self, group: Group, now: float) -> Known:
        try:
            arms = None if self.degraded_since is not None else await self._shared.read(group.series)
        except AWAY as error:
            self._gone(error)
            arms = None
        if arms is None:
            return await self._remade(group.series, group.half_life_s, len(group.features), now)
        return self._note(group.series, arms, group.half_life_s, len(group.features), now)

    async def _remade(
        self, series: str, half_life_s: float, features: int, now: float, *, replace: bool = False
    ) -> Known:
        """Made of the log, and written to Valkey, where that is there. Where the log cannot be read, as it was."""
        before = self._known.get(series)
        arms: Arms = before.arms if before else {}
        if now >= self._unread_until:
            try:
                if not await self._writer.flush():
                    raise TimeoutError("what waits cannot be written")
                arms = await in_thread(rows.sums_of, series, features, half_life_s, now)
            except Exception as error:  # whatever it is, a choice goes on without the log
                logger.warning("what was learnt cannot be read from the log, for now it is as it was: %r", error)
                self._unread_until = now + REST_S
            else:
                arms = await self._restored(series, arms, replace)
        return self._note(series, arms, half_life_s, features, now)

    async def _restored(self, series: str, arms: Arms, replace: bool) -> Arms:
        if self.degraded_since is not None:
            return arms
        try:
            return await self._shared.restore(series, arms, replace=replace)
        except AWAY as error:
            self._gone(error)
            return arms

    def _note(self, series: str, arms: Arms, half_life_s: float, features: int, now: float) -> Known:
        self._known.pop(series, None)  # to the end: the first is the one that was read longest ago
        known = self._known[series] = Known(dict(arms), now, half_life_s, features)
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return known

    def decided(self, decision: Decision) -> None:
        """Keep *decision* where the feedback of any process finds it: at once, but nobody waits for it."""
        if self.degraded_since is not None:
            return
        self._unsent[decision.id] = decision
        if self._sending is None or self._sending.done() or self._sending.get_loop() is not loop_here():
            self._sending = loop_here().create_task(self._send())

    async def _send(self) -> None:
        while self._unsent:
            decision_id, decision = next(iter(self._unsent.items()))
            counting = decision.counting
            try:
                arms = await self._shared.choose(decision_id, counting, decision.feedback_within_s)
            except AWAY as error:
                self._gone(error)
                self._unsent.clear()  # they are in the log
                return
            self._unsent.pop(decision_id, None)
            if arms is not None:
                self._note(counting.series, arms, counting.half_life_s, len(counting.features), self._clock())

    async def decision(self, decision_id: str) -> Counting | None:
        """One that another process made and whose feedback is still waited for."""
        if self.degraded_since is not None:
            return None
        try:
            return await self._shared.decision(decision_id)
        except AWAY as error:
            self._gone(error)
            return None

    async def tell(self, decision_id: str, counting: Counting, row: Sums, *, claimed: bool = False) -> str:
        """Count *row* for all: ``counted``, ``repeated``, ``unknown``, or ``alone`` where Valkey is away.

        *claimed*: the log has said that it was not counted before.
        """
        if decision_id in self._unsent and self._sending is not None:
            await self._sending
        for _ in range(2):
            if self.degraded_since is not None:
                return "alone"
            try:
                became, arm = await self._shared.tell(decision_id, counting, row, self._clock(), claimed=claimed)
            except AWAY as error:
                self._gone(error)
                return "alone"
            if became != "lost":
                if arm is not None and (known := self._known.get(counting.series)):
                    known.arms[counting.member] = arm
                return became
            now = self._clock()
            await self._remade(counting.series, counting.half_life_s, len(counting.features), now)
            if claimed:
                return "counted"  # it is in the log, of which all was made anew
        return "alone"

    def tell_alone(self, counting: Counting, row: Sums) -> None:
        """Count it in this process, until Valkey is back and all is made anew of the log."""
        now = self._clock()
        known = self._known.get(counting.series)
        if known is None:
            known = self._note(counting.series, {}, counting.half_life_s, len(counting.features), now)
        before = known.arms.get(counting.member) or Arm((0.0,) * len(row), now)
        known.arms[counting.member] = before.with_one(row, now, counting.half_life_s)

    def _gone(self, error: BaseException) -> None:
        if self.degraded_since is None:
            logger.error("Valkey is away, this process chooses by what it knows itself: %r", error)
            self.degraded_since = self._clock()
            self._watching = loop_here().create_task(self._watch())

    async def _watch(self) -> None:
        """Until Valkey is back: what was told meanwhile is in the log, so all is made anew of that."""
        while True:
            await asyncio.sleep(RETRY_S)
            try:
                await self._shared.ping()
                break
            except AWAY:
                continue
        away_s = self._clock() - (self.degraded_since or 0.0)
        self.degraded_since = None
        for series, known in list(self._known.items()):
            await self._remade(series, known.half_life_s, known.features, self._clock(), replace=True)
        logger.warning("Valkey is back after %.0f s", away_s)

    async def aclose(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await self._shared.aclose()
