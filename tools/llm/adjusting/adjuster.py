"""Counts rounds in shared state, and moves standings as they go."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from telemetry.semconv import Outcome
from tools.llm.adjusting.deciding import AT_THE_TOP, PROBED_SHARE, decide
from tools.llm.adjusting.keeping import InProcess, Keeping, Place
from tools.llm.prompts.families import Rung
from tools.state.base import Ran, RunCounts, SharedState
from tools.state.reporter import Reporter

logger = logging.getLogger(__name__)
# Before what is counted, where tools have their names: no tool's name has a colon.
PREFIX = "rung:"
# Rounds that end together are judged together.
TOGETHER_S = 0.5
NOTHING = RunCounts()
random_share = random.SystemRandom().random


class Adjuster:
    """One a process. What it counts it shares with all others; what follows is kept by *keeping*."""

    def __init__(
        self,
        state: SharedState,
        reporter: Reporter,
        keeping: Keeping | None = None,
        *,
        rests: Callable[[str], bool] = lambda prompt: False,
        now_s: Callable[[], float] = time.time,
        chance: Callable[[], float] = random_share,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """*rests*: whether nothing is to be adjusted of a prompt's version, as while an experiment runs."""
        self._state, self._reporter = state, reporter
        self._keeping = keeping or InProcess()
        self._rests, self._now_s, self._chance, self._sleep = rests, now_s, chance, sleep
        self._due: dict[Place, Future[None]] = {}
        self._below: dict[Place, Rung] = {}  # the lowest that rounds which are to be judged told of

    def rung(self, place: Place) -> Rung:
        """At which rung to ask now: the one that holds, or the one above it as a probe."""
        if not place.prompt or self._rests(place.prompt):
            return Rung.DETAILED
        standing = self._keeping.standing(place)
        if standing.is_probing(self._now_s()) and self._chance() < PROBED_SHARE:
            return standing.above
        return standing.rung

    def told(self, place: Place, rung: Rung, lower: Rung | None, *, right: bool) -> None:
        """Count a round that was asked at *rung*; *lower* is the next one that says something else."""
        if not place.prompt:
            return
        outcome = Outcome.FIRST_TRY if right else Outcome.ARGUMENTS
        self._reporter.add(Ran(key_of(place, rung), outcome, None))
        if right and self._keeping.standing(place) == AT_THE_TOP:
            return
        if lower and later(lower, self._below.get(place, Rung.DETAILED)):
            self._below[place] = lower
        due = self._due.get(place)
        if due is None or due.done():
            self._due[place] = self._reporter.background.submit(self._judged_soon(place))

    async def _judged_soon(self, place: Place) -> None:
        await self._sleep(TOGETHER_S)
        self._due.pop(place, None)
        try:
            await self.judge(place)
        except Exception:
            logger.exception("the rung of %s at %s could not be judged", place.prompt, place.deployment)

    async def judge(self, place: Place) -> None:
        """Move the standing if the last minutes say so."""
        if self._rests(place.prompt):
            return
        await self._reporter.aflush()
        counted = await self._state.run_counts()
        counts = {rung: counted.get(key_of(place, rung), NOTHING) for rung in Rung}
        seen, lower = self._keeping.standing(place), self._below.pop(place, None)
        below = lower if lower and later(lower, seen.rung) else None
        move = decide(seen, counts, below, self._now_s())
        if move is None:
            return
        if await asyncio.to_thread(self._keeping.move, place, seen, move):
            stays = "stays" if move.to.rung is seen.rung else "is asked"
            told = place.deployment, stays, move.to.rung.value, place.prompt, move.reason
            logger.warning("%s %s at the rung %s of %s: %s", *told)


def later(lower: Rung, rung: Rung) -> bool:
    rungs = list(Rung)
    return rungs.index(lower) > rungs.index(rung)


def key_of(place: Place, rung: Rung) -> str:
    return f"{PREFIX}{place.prompt}|{place.deployment}|{rung.value}"
