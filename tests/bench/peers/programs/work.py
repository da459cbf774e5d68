"""The work that is measured, the same for all: one function as a tool, called by one loop.

Runs in the environments of others, so it knows nothing but the standard library.
"""

import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

WARM_UP, CALLS = 300, 3000
# As our servers have it (salesboost/garbage.py), for all: what collecting costs is not what is compared.
THRESHOLDS = 10_000, 5, 400


async def plain(number: int) -> int:
    """Gives the number back."""
    return number


async def measured(call: Callable[[int], Awaitable[int]]) -> dict[str, Any]:
    """How long a *call* takes, many times one after the other, each with a number that none before had."""
    first = time.time_ns()  # nobody has kept the result of an earlier round
    for number in range(first - WARM_UP, first):
        await call(number)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    taken_us, right = [], 0
    for number in range(first, first + CALLS):
        began = time.perf_counter_ns()
        answer = await call(number)
        taken_us.append((time.perf_counter_ns() - began) / 1000)
        right += answer == number
    return {
        "median_us": statistics.median(taken_us),
        "p99_us": sorted(taken_us)[len(taken_us) * 99 // 100],
        "calls": CALLS,
        "right": right,
    }


def said(description: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a model is told of the tool, whose wording frameworks add to: its description, its arguments' types."""
    return {"description": description, "arguments": {name: schema["type"] for name, schema in arguments.items()}}
