"""Load profiles: so many conversations of so many turns, some of them side by side, and what they took."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tools.errors import ToolError
from tools.llm.adapters.errors import ModelError
from tools.llm.evaluation.statistics import percentile
from tools.llm.turns import EndedBy, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """*conversations* of *turns* each, of which *side_by_side* go on at a time."""

    conversations: int
    turns: int = 1
    side_by_side: int = 10

    def __post_init__(self) -> None:
        if min(self.conversations, self.turns, self.side_by_side) < 1:
            raise ValueError("A load has one conversation or more, of one turn or more, one at a time or more.")


PROFILES: Mapping[str, Load] = {
    "smoke": Load(conversations=5, turns=2, side_by_side=5),
    "steady": Load(conversations=40, turns=3, side_by_side=10),
    "burst": Load(conversations=100, turns=1, side_by_side=100),
}
# Says the turn *turn* (from 1) of the conversation *number* (from 1).
Say = Callable[[int, int], Awaitable[Turn]]


@dataclass(slots=True)
class Figures:
    """What a load took. ``errors`` counts turns that failed, by what went wrong; latencies are of the others."""

    took_s: float = 0.0
    turns: int = 0
    tokens: int = 0
    most_at_once: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.errors.total()

    @property
    def turns_per_s(self) -> float:
        return self.turns / self.took_s if self.took_s else 0.0

    def latency_ms(self, share: float) -> float | None:
        """What *share* of the turns that succeeded took at most; None where none did."""
        return percentile(self.latencies_ms, share)

    def __str__(self) -> str:
        p50, p95 = self.latency_ms(0.5), self.latency_ms(0.95)
        took = "none succeeded" if p50 is None or p95 is None else f"p50 {p50:,.0f} ms, p95 {p95:,.0f} ms"
        return f"{self.turns:,} turns, {self.turns_per_s:,.1f} each second, {self.failed:,} failed, {took}"


async def load(profile: Load | str, say: Say, *, clock: Callable[[], float] = time.perf_counter) -> Figures:
    """Have *say* say all turns of *profile*, one of ``PROFILES`` or one of your own.

    A conversation whose turn failed goes on with the next one. Raises ValueError for a name that there is not.
    """
    if isinstance(profile, str):
        if profile not in PROFILES:
            raise ValueError(f"There is no load profile {profile!r}: use one of {', '.join(PROFILES)}.")
        profile = PROFILES[profile]
    figures, at_once, began = Figures(), 0, clock()
    places = asyncio.Semaphore(profile.side_by_side)

    async def converse(number: int, turns: int) -> None:
        nonlocal at_once
        async with places:
            at_once += 1
            figures.most_at_once = max(figures.most_at_once, at_once)
            for turn in range(1, turns + 1):
                await timed(figures, say, number, turn, clock)
            at_once -= 1

    await asyncio.gather(*(converse(number, profile.turns) for number in range(1, profile.conversations + 1)))
    figures.took_s = clock() - began
    return figures


async def timed(figures: Figures, say: Say, number: int, turn: int, clock: Callable[[], float]) -> None:
    """Say one turn, and note in *figures* what it took or why it failed."""
    began = clock()
    figures.turns += 1
    try:
        said = await say(number, turn)
    except ModelError as error:
        figures.errors[error.kind.value] += 1
        return
    except ToolError as error:
        figures.errors[error.code] += 1
        return
    figures.tokens += said.tokens
    if said.ended_by is EndedBy.ANSWER:
        figures.latencies_ms.append((clock() - began) * 1000)
    else:
        figures.errors[f"ended by {said.ended_by.value}"] += 1
