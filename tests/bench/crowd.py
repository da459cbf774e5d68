"""A crowd: 1,000 calls of a 50 ms tool at once, of which 100 may run at the same time."""

import asyncio
import gc
import time
from collections.abc import Iterator

from tools import ToolExecutor, ToolRegistry
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.decorators import tool
from tools.definition.policy import ToolPolicy

CALLS, AT_ONCE, TAKES_S = 1000, 100, 0.05


@tool
async def crowded(number: int) -> int:
    """Takes 50 ms."""
    await asyncio.sleep(TAKES_S)
    return number


def run() -> Iterator[dict[str, object]]:
    """One figure: how long until all are done, and how much memory the process grew by."""
    registry = ToolRegistry()
    registry.register(crowded)
    policy = ToolPolicy(max_concurrent=AT_ONCE, max_queued=CALLS)
    with live.pinned(Snapshot()):
        executor = ToolExecutor(registry, policies=lambda definition: policy)
        yield asyncio.run(measure(executor))
        executor.close()


async def measure(executor: ToolExecutor) -> dict[str, object]:
    await executor.execute(name="crowded", payload={"number": -1})
    gc.collect()
    before_mb, began = resident_mb(), time.perf_counter()
    endings = await asyncio.gather(
        *(executor.execute(name="crowded", payload={"number": number}) for number in range(CALLS))
    )
    took_s, grown_mb = time.perf_counter() - began, resident_mb() - before_mb
    assert [ending.result for ending in endings] == list(range(CALLS))
    return {
        "bench": f"{CALLS} calls of 50 ms at once, {AT_ONCE} at the same time",
        "took_s": round(took_s, 2),
        "target_s": 1.5,
        "memory_mb": round(grown_mb, 1),
        "target_mb": 50,
    }


def resident_mb() -> float:
    """What the process has in memory now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 1e6
