"""What a choice and its feedback take, with evidence that all processes share."""

import asyncio
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from random import Random

from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.choice.choices import Choices
from tools.llm.choice.learning import Came
from tools.llm.routing import Entry
from tools.llm.routing.route import NO_WISH
from tools.selection import live
from tools.selection.group import Group
from tools.selection.policies import POLICIES
from tools.selection.reward import Told
from tools.selection.selector import ToolSelector

ROUNDS = 1_000
PAUSE_S = 0.002  # the work of the tool that was chosen
MEMBERS = ["retriever_v1", "retriever_v2", "retriever_v3"]
TARGET_MS = 1.0


def run() -> Iterator[dict[str, object]]:
    """A figure a policy, and one for callers without an event loop."""
    with live.pinned({}):
        for policy in POLICIES:
            selector = ToolSelector(enabled=True, key=f"bench:{secrets.token_hex(4)}", random=Random(1).random)
            yield from asyncio.run(measured(selector, policy))
            selector.close()
        yield of_threads()
    yield asyncio.run(of_turns())


async def measured(selector: ToolSelector, policy: str) -> list[dict[str, object]]:
    features = {"long": 1.0, "german": 0.0} if policy == "contextual" else None
    chosen: list[str] = []

    async def choose() -> None:
        chosen.append((await selector.aselect_tool(MEMBERS, features=features, policy=policy))[1])

    async def tell() -> None:
        await selector.feedback(chosen.pop(), Told(True, 120.0))

    for _ in range(20):
        await choose()
        await tell()
    both: dict[str, list[float]] = {"choice": [], "feedback": []}
    for _ in range(ROUNDS):
        both["choice"].append(await took_ms(choose))
        await asyncio.sleep(PAUSE_S)
        both["feedback"].append(await took_ms(tell))
    figures = {what: figure(f"{what} of 3 by {policy}, shared state", took) for what, took in both.items()}
    del figures["feedback"]["target"]  # nobody waits for it but who says it
    return list(figures.values())


async def took_ms(act: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await act()
    return (time.perf_counter() - began) * 1_000


def of_threads() -> dict[str, object]:
    selector = ToolSelector(enabled=True, key=f"bench:{secrets.token_hex(4)}", random=Random(1).random)
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _, decision_id = selector.select_tool(MEMBERS)
        took.append((time.perf_counter() - began) * 1_000)
        time.sleep(PAUSE_S)
        selector.record_feedback(decision_id, True)
    selector.close()
    return figure("choice of 3 by epsilon_greedy, from a thread", took[20:])


async def of_turns() -> dict[str, object]:
    """What a turn waits for until it is known who is asked first."""
    selector = ToolSelector(enabled=True, key=f"bench:{secrets.token_hex(4)}", random=Random(1).random)
    group = Group(name="models", members=("one", "two", "three"), kind="deployment", policy="thompson")
    can = Capabilities(api="chat")
    deployments = [Deployment(name=name, provider="x", model="y", can=can) for name in group.members]
    order = [Entry(deployment=deployment) for deployment in deployments]
    took = []
    with live.pinned({group.name: group}):
        for _ in range(ROUNDS):
            choices = Choices(selector)
            with choices.learning(lambda: Came(answered=True, took_ms=120.0)):
                took.append(await took_ms(partial(choices.first, order, NO_WISH, {})))
            await asyncio.sleep(PAUSE_S)
    await selector.flush()
    selector.close()
    return figure("choice of a turn's first of 3 deployments by thompson, shared state", took[20:])


def figure(what: str, took: list[float]) -> dict[str, object]:
    took.sort()
    return {
        "bench": what,
        "p50_ms": round(statistics.median(took), 3),
        "p95_ms": round(took[int(len(took) * 0.95)], 3),
        "p99_ms": round(took[int(len(took) * 0.99)], 3),
        "target": f"p95 <= {TARGET_MS} ms",
    }
