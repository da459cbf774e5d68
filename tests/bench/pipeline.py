"""What the pipeline costs a call, all stages on, and what running calls side by side saves."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeVar, cast

from tests.bench import crowd
from tools import ToolExecutor, ToolRegistry, tool
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.errors import RateLimited
from tools.state.fallback import FallbackState

T = TypeVar("T")
RunOne = Callable[[int], Awaitable[object]]
CALLS = 3000
WARM_UP = 200


@tool(rate="100000000/min", cache_ttl_s=60)
async def shared(number: int) -> int:
    """Does nothing, with a rate and a cache."""
    return number


@tool(rate="100000000/min", caller_rate="100000000/min")
async def leased(number: int) -> int:
    """Does nothing, with rates of its own and of each caller, and no cache."""
    return number


@tool
async def plain(number: int) -> int:
    """Does nothing, with neither."""
    return number


@tool(rate="1/day")
async def spent(number: int) -> int:
    """Has no token left."""
    return number


@tool
async def slow(number: int) -> int:
    """Takes 100 ms."""
    await asyncio.sleep(0.1)
    return number


def run() -> Iterator[dict[str, object]]:
    """The figures, one after the other."""
    registry = ToolRegistry()
    for definition in (shared, leased, plain, spent, slow):
        registry.register(definition)
    with live.pinned(Snapshot()):
        executor, other = ToolExecutor(registry), ToolExecutor(registry)
        figures = asyncio.run(measure(executor, other))
        executor.close()
        other.close()
    yield from figures
    yield from crowd.run()


async def measure(executor: ToolExecutor, other: ToolExecutor) -> list[dict[str, object]]:
    """*other* stands for another process: it has seen no result yet."""
    first = time.time_ns()  # no other run has kept the result of this number

    async def call(name: str, number: int, by: ToolExecutor = executor) -> None:
        await by.execute(name=name, payload={"number": number}, caller_role="coach")

    async def refused(number: int) -> None:
        with suppress(RateLimited):
            await call("spent", number)

    await call("shared", first)
    await executor.flush()
    kinds: list[tuple[str, RunOne, int]] = [
        ("call without rate and cache", lambda number: call("plain", number), 120),
        ("call with leased tokens", lambda number: call("leased", number), 120),
        ("call with rate and cache", lambda number: call("shared", first + 1 + number), 400),
        ("call answered from Valkey", lambda number: call("shared", first + 1 + number, by=other), 350),
        ("call answered from the process", lambda number: call("shared", first), 50),
        ("call refused by the rate limit", refused, 400),
    ]
    bare = await taken_us(lambda number: plain.function(number))
    rows: list[dict[str, object]] = [{"bench": "bare call", "median_us": round(statistics.median(bare), 1)}]
    for name, run_one, target_us in kinds:
        taken = await asking_valkey(cast(FallbackState, executor.state), partial(taken_us, run_one))
        rows.append(figures_of(name, taken, target_us))
    return [*rows, await side_by_side(executor)]


def alone() -> Iterator[dict[str, object]]:
    """A call without a round trip once more, where the process that makes it stores its spans, too."""
    registry = ToolRegistry()
    registry.register(plain)
    with live.pinned(Snapshot()):
        executor = ToolExecutor(registry)
        taken = asyncio.run(
            taken_us(
                lambda number: executor.execute(name="plain", payload={"number": number}, caller_role="coach")
            )
        )
        executor.close()
    yield figures_of("call without rate and cache, without a recorder", taken, 120)


def figures_of(name: str, taken: list[float], target_us: int) -> dict[str, object]:
    return {
        "bench": name,
        "median_us": round(statistics.median(taken), 1),
        "target_us": target_us,
        "p99_us": round(sorted(taken)[len(taken) * 99 // 100], 1),
        "target_p99_us": 2000,
        "p99_to_median": round(sorted(taken)[len(taken) * 99 // 100] / statistics.median(taken), 1),
        "target_p99_to_median": 5,
    }


async def asking_valkey(state: FallbackState, measure: Callable[[], Awaitable[T]]) -> T:
    """What *measure* gives, again if a machine too busy made Valkey look away: those calls asked nobody."""
    while True:
        before = state.outages
        measured = await measure()
        if state.outages == before and state.degraded_since is None:
            return measured
        await asyncio.sleep(2)


async def taken_us(run_one: RunOne) -> list[float]:
    """How long each of many calls took, after some to warm up."""
    for number in range(-WARM_UP, 0):
        await run_one(number)
    taken = []
    for number in range(CALLS):
        began = time.perf_counter_ns()
        await run_one(number)
        taken.append((time.perf_counter_ns() - began) / 1000)
    return taken


async def side_by_side(executor: ToolExecutor) -> dict[str, object]:
    """Five calls of 100 ms each, at once and one by one, in one run."""
    calls = [{"tool": "slow", "payload": {"number": number}} for number in range(5)]
    times = []
    for most in (5, 1):
        began = time.perf_counter()
        await executor.execute_parallel(calls, max_concurrent=most)
        times.append(time.perf_counter() - began)
    parallel_s, sequential_s = times
    return {
        "bench": "5 calls of 100 ms, parallel",
        "parallel_ms": round(parallel_s * 1000, 1),
        "sequential_ms": round(sequential_s * 1000, 1),
        "ratio": round(sequential_s / parallel_s, 2),
        "target_ratio": 4.8,
    }
