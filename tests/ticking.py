"""The real application with three streaming tools more, for the tests that need a server with such.

``daphne tests.ticking:application`` runs it. A tool notes in the folder ``TICKING`` that it has ended.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tools import catalog, tool
from tools.errors import ProviderError

catalog.CATALOG.append("tests.ticking")


@tool
async def tick(times: int) -> AsyncIterator[dict[str, int]]:
    """Ticks so many times, and then waits for ever if that was less than five times."""
    try:
        for number in range(times):
            yield {"tick": number}
        if times < 5:
            await asyncio.Event().wait()
    finally:
        (Path(os.environ["TICKING"]) / "tick").touch()


@tool
def tock(times: int) -> Iterator[dict[str, int]]:
    """Tocks in a thread, until its reader goes away."""
    try:
        for number in range(times):
            yield {"tock": number}
            time.sleep(0.01)
    finally:
        (Path(os.environ["TICKING"]) / "tock").touch()


@tool
async def stumble() -> AsyncIterator[str]:
    """Breaks off after its first word."""
    yield "well"
    raise ProviderError("the line is dead")


def __getattr__(name: str) -> object:
    # Late: the executor reads the catalog, and with it this module, after Django is set up.
    if name == "application":
        from salesboost.asgi import application

        return application
    raise AttributeError(name)
