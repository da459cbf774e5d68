"""What a server does beside its requests: it has the canary sing and probes go round, when it is the one to."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable

from tools.health import canary, rounds
from tools.process.background import BackgroundLoop
from tools.running.executor import ToolExecutor
from tools.running.runtime import get_executor

logger = logging.getLogger(__name__)
# A server that has just begun has other things to do.
FIRST_AFTER_S = 10.0
LOOK_EVERY_S = 5.0

loop = BackgroundLoop("salesboost-health")
_lock = threading.Lock()
_watching: set[int] = set()  # by process id: a forked child would begin anew


def start() -> bool:
    """Begin to watch; False where this process does already."""
    with _lock:
        if os.getpid() in _watching:
            return False
        _watching.add(os.getpid())
    loop.submit(watch())
    return True


async def watch() -> None:
    """Look every few seconds whether something is due, for ever."""
    await asyncio.sleep(FIRST_AFTER_S)
    while True:
        try:
            # In a thread: to build the executor takes most of a second, if nobody has yet.
            await look(await asyncio.to_thread(get_executor))
        except Exception:
            logger.exception("the health of tools was not looked after")
        await asyncio.sleep(LOOK_EVERY_S)


async def look(executor: ToolExecutor, now: Callable[[], float] = time.time) -> None:
    """Do what is due and no other process does: the canary's song, a round of probes."""
    await canary.sing_in_turn(executor, now)
    if now() - rounds.ended_at(await executor.state.notes()) >= rounds.FRESH_S:
        await rounds.take(executor, now=now)
