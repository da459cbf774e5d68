"""The front door of choice: ``get_tool_selector()`` chooses, and is told how it went."""

import asyncio
import logging
import random as random_module
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings

from tools.process.background import BackgroundLoop
from tools.selection.arms import Arm, Arms
from tools.selection.asking import asked_for, group_of, id_of
from tools.selection.decision import Counting, Decision
from tools.selection.evidence import Evidence
from tools.selection.group import Group, shown
from tools.selection.log import rows
from tools.selection.log.rows import Feedback
from tools.selection.log.writer import Writer, in_thread
from tools.selection.members import closed_now
from tools.selection.policies import choose
from tools.selection.policies.base import Choice
from tools.selection.reward import Told
from tools.selection.shared.valkey import SharedArms

logger = logging.getLogger(__name__)
T = TypeVar("T")
# Decisions that this process remembers, so that their feedback needs no round trip more.
MOST_REMEMBERED = 20_000
# What a process decided is in Valkey long before.
ON_THE_WAY_S = 0.1
OFF = "Choice is switched off (TOOL_BANDIT_ENABLED): it is the first of its group."


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of feedback: whether it counts, and a sentence that says why not."""

    counted: bool
    detail: str = ""


COUNTED = Counted(True)
REPEATED = Counted(False, "This decision was told of before: the first word counts.")
UNKNOWN = Counted(False, "There is no decision of this id: it is wrong, or older than what is kept.")
NOT_KEPT = Counted(False, "Choice was switched off when this was chosen: nothing is learnt of it.")


class ToolSelector:
    """Chooses one of several tools, and learns from how it went. Build one a process and keep it.

    What it knows is used on one event loop of its own: whoever asks from a thread waits for that, whoever asks
    from a coroutine takes the methods that begin with ``a``.
    """

    def __init__(
        self,
        *,
        enabled: bool | None = None,
        url: str = "",
        key: str = "",
        random: Callable[[], float] = random_module.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """What is left out is as the settings have it. *clock* is seconds since 1970."""
        self.enabled = settings.TOOL_BANDIT_ENABLED if enabled is None else enabled
        self._background = BackgroundLoop("salesboost-choice")
        self.writer = Writer(self._background)
        shared = SharedArms(url or settings.REDIS_URL, key or settings.TOOL_BANDIT_REDIS_KEY)
        self.evidence = Evidence(shared, self.writer, clock)
        self._random, self._clock = random, clock
        # By id: what its feedback needs, or what became of that already.
        self._remembered: OrderedDict[str, Counting | Counted] = OrderedDict()
        self._telling: set[asyncio.Task[bool]] = set()

    def select_tool(
        self,
        tool_group: Sequence[str] | str,
        *,
        features: Mapping[str, float] | None = None,
        policy: str = "",
    ) -> tuple[str, str]:
        """One of *tool_group* (names, or the name of a group in the admin), and the id of the decision."""
        asked = asked_for(tool_group, {} if features is None else features, policy)
        decision = self._at_once(*asked) or self._wait(self._decide(*asked))
        return decision.member, decision.id

    async def aselect_tool(
        self,
        tool_group: Sequence[str] | str,
        *,
        features: Mapping[str, float] | None = None,
        policy: str = "",
    ) -> tuple[str, str]:
        """The same, awaited."""
        decision = await self.decide(tool_group, features=features, policy=policy)
        return decision.member, decision.id

    async def decide(
        self,
        tool_group: Sequence[str] | str,
        *,
        features: Mapping[str, float] | None = None,
        policy: str = "",
        closed: Callable[[Group], Mapping[str, str]] = closed_now,
    ) -> Decision:
        """The decision with its reason and its probabilities.

        *policy* is of a group made up in code; one in the admin has its own. *closed* says of whom none is chosen,
        and why. Raises InvalidArguments.
        """
        asked = asked_for(tool_group, {} if features is None else features, policy, closed)
        made = self._at_once(*asked)
        return made if made is not None else await self._here(self._decide(*asked))

    def _at_once(self, group: Group, features: tuple[float, ...]) -> Decision | None:
        """A decision by what is known here already, on the caller's own thread; None where that is too old."""
        if not self.enabled:
            return self._first_of(group)
        arms = self.evidence.fresh(group)
        return None if arms is None else self._decided(group, arms, features)

    async def _decide(self, group: Group, features: tuple[float, ...]) -> Decision:
        return self._decided(group, await self.evidence.of(group), features)

    def _decided(self, group: Group, arms: Arms, features: tuple[float, ...]) -> Decision:
        decision = self._decision(group, choose(group, arms, features, self._random), features)
        # Before anything that is told of it, for a loop takes what it is given in turn.
        self._background.loop.call_soon_threadsafe(self._keep, decision)
        return decision

    def _keep(self, decision: Decision) -> None:
        self._remember(decision.id, decision.counting)
        self.evidence.decided(decision)
        self.writer.decided(decision)

    def _decision(self, group: Group, choice: Choice, features: tuple[float, ...]) -> Decision:
        return Decision(
            id=str(uuid4()),
            group=group.name,
            policy=group.policy,
            choice=choice,
            counting=Counting(
                series=group.series,
                member=choice.member,
                decided_at=self._clock(),
                half_life_s=group.half_life_s,
                weights=group.weights,
                features=features,
            ),
            feature_names=group.features,
            left_out=tuple(dict(group.closed)),
            feedback_within_s=group.feedback_within_s,
            shared=self.evidence.degraded_since is None,
        )

    def _first_of(self, group: Group) -> Decision:
        closed = dict(group.closed)
        first = next(name for name in group.members if name not in closed)
        certain = {name: float(name == first) for name in group.members}
        decision = self._decision(group, Choice(first, certain, OFF), ())
        self._remember(decision.id, NOT_KEPT)
        return decision

    def _remember(self, decision_id: str, known: Counting | Counted) -> None:
        self._remembered[decision_id] = known
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def record_feedback(
        self, decision_id: str, success: bool, latency_ms: float | None = None, cost_usd: float | None = None
    ) -> bool:
        """Tell how it went, once; True if it counts. ``feedback`` says why not. From any process."""
        return self._wait(self.arecord_feedback(decision_id, success, latency_ms, cost_usd))

    async def arecord_feedback(
        self, decision_id: str, success: bool, latency_ms: float | None = None, cost_usd: float | None = None
    ) -> bool:
        """The same, awaited."""
        became = await self.feedback(decision_id, Told(success, latency_ms, cost_usd))
        if not became.counted:
            logger.info("feedback of %s does not count: %s", shown(decision_id), became.detail)
        return became.counted

    async def feedback(self, decision_id: str, told: Told) -> Counted:
        """What becomes of it, with a sentence."""
        known_as = id_of(decision_id)
        return await self._here(self._feedback(known_as, told)) if known_as else UNKNOWN

    def feedback_later(self, decision_id: str, told: Told) -> None:
        """The same, behind the caller, from any thread; the log says what does not count, and what went wrong."""
        self._background.loop.call_soon_threadsafe(self._tell_later, decision_id, told)

    def _tell_later(self, decision_id: str, told: Told) -> None:
        task = asyncio.ensure_future(
            self.arecord_feedback(decision_id, told.success, told.latency_ms, told.cost_usd)
        )
        self._telling.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: "asyncio.Task[bool]") -> None:
        self._telling.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("feedback was not counted: %r", error)

    async def _feedback(self, decision_id: str, told: Told) -> Counted:
        known = self._remembered.get(decision_id)
        if isinstance(known, Counted):
            return known
        counting = known or await self.evidence.decision(decision_id)
        became = "unknown"
        if counting is not None:
            became = await self.evidence.tell(decision_id, counting, counting.row(told))
        if became == "unknown" or (became == "alone" and known is None):
            return await self._feedback_by_log(decision_id, told)
        assert counting is not None
        if became == "alone":
            self.evidence.tell_alone(counting, counting.row(told))
        self._remember(decision_id, REPEATED)
        if became == "repeated":
            return REPEATED
        self.writer.told(Feedback(decision_id, told, counting.worth(told), self._clock()))
        return COUNTED

    async def _feedback_by_log(self, decision_id: str, told: Told) -> Counted:
        """Of a decision that only Postgres knows: it says once that nobody told of it before."""
        await self.writer.flush()
        found = await in_thread(rows.find, decision_id)
        if found is None:
            return await self._feedback_once_more(decision_id, told)
        counting, was_told = found
        feedback = Feedback(decision_id, told, counting.worth(told), self._clock())
        if was_told or not await in_thread(rows.tell, [feedback]):
            return REPEATED
        if await self.evidence.tell(decision_id, counting, counting.row(told), claimed=True) == "alone":
            self.evidence.tell_alone(counting, counting.row(told))
        self._remember(decision_id, REPEATED)
        return COUNTED

    async def _feedback_once_more(self, decision_id: str, told: Told) -> Counted:
        """Another process may have decided just now, and its word be on the way."""
        await asyncio.sleep(ON_THE_WAY_S)
        if await self.evidence.decision(decision_id) is None:
            return UNKNOWN
        return await self._feedback(decision_id, told)

    def get_best_tool(self, tool_group: Sequence[str] | str) -> str:
        """The one with the best mean reward so far of those that can be chosen; the first, if nothing is known."""
        return self._wait(self.aget_best_tool(tool_group))

    async def aget_best_tool(self, tool_group: Sequence[str] | str) -> str:
        """The same, awaited."""
        return best_of(group_of(tool_group, {}, ""), await self.known(tool_group))

    async def known(self, tool_group: Sequence[str] | str) -> Arms:
        """What is known of each, without regard to features. Without choice switched on: nothing."""
        group = group_of(tool_group, {}, "")
        if not self.enabled:
            return dict.fromkeys(group.members, Arm())
        return await self._here(self.evidence.of(group))

    async def _here(self, asked: Coroutine[Any, Any, T]) -> T:
        """What *asked* comes to on the loop on which all is known."""
        if self._background.is_current:
            return await asked
        return await asyncio.wrap_future(self._background.submit(asked))

    def _wait(self, asked: Coroutine[Any, Any, T]) -> T:
        return self._background.submit(asked).result()

    async def flush(self) -> None:
        """Return when all decisions and feedback so far are in the log."""
        await self._here(self._flushed())

    async def _flushed(self) -> None:
        await asyncio.gather(*self._telling, return_exceptions=True)
        await self.writer.flush()

    def close(self) -> None:
        """Write what waits and end the thread; the next use starts it again."""
        self._background.submit(self._flushed()).result(2.0)
        self._background.submit(self.evidence.aclose()).result(2.0)
        self._background.stop()


def best_of(group: Group, arms: Arms) -> str:
    """By *arms* the best of *group* that can be chosen; the first, if nothing is known."""
    closed = closed_now(group)
    able = [name for name in arms if name not in closed] or list(arms)
    tried = [name for name in able if arms[name].n > 0]
    return max(tried, key=lambda name: arms[name].mean) if tried else able[0]
