"""The canary: a tool that SalesBoost calls itself by the minute, so that silence is noticed.

Its call goes through all stages and is recorded as any other, but nobody hears of it: it is in no registry, list,
counter or quota, and the store takes its span back (``telemetry/store/batches.py``). What it leaves is a beat.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context
from secrets import token_hex

from telemetry.semconv import CANARY_TOOL
from tools.definition.decorators import tool
from tools.errors import ToolError
from tools.health.probed import Probed
from tools.running.executor import ToolExecutor

logger = logging.getLogger(__name__)
EVERY_S = 60.0
SLOW_S = 1.0
CLAIM = NOTE = "canary"


@tool(name=CANARY_TOOL, rate="60/min", timeout_s=5.0, deadline_s=10.0, read_only=True)
async def sing(song: str) -> dict[str, str]:
    """Sing a song back, to show that calls work."""
    return {"sung": song}


async def sing_in_turn(executor: ToolExecutor, now: Callable[[], float] = time.time) -> Probed | None:
    """Have it called, unless another process has done so within the minute; what came of it, which is posted."""
    if not await executor.state.claim(CLAIM, EVERY_S):
        return None
    song, began = token_hex(8), time.perf_counter()
    # A root of its own trace, whoever has it called.
    called = asyncio.create_task(_call(executor, song), context=Context())
    error = await called
    took_s = time.perf_counter() - began
    sung = Probed(now(), round(took_s * 1000, 1), not error, not error and took_s >= SLOW_S, error)
    if error:
        logger.warning("the canary's call failed: %s", error)
    await executor.state.post({NOTE: sung.pack()})
    return sung


async def _call(executor: ToolExecutor, song: str) -> str:
    try:
        result = await executor.execute_unheard(sing, {"song": song})
    except ToolError as error:
        return error.detail
    return "" if result.result == {"sung": song} else "It was answered with another song."
