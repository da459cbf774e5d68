"""Runs cells side by side, as many as are allowed; who is interrupted keeps what is done."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tools.llm.evaluation.asking import Asker
from tools.llm.evaluation.grading import Did, grade
from tools.llm.evaluation.plan import Cell, Done

logger = logging.getLogger(__name__)
Progress = Callable[[Done], None]


@dataclass(slots=True)
class Ran:
    """What came of a run; ``interrupted`` where somebody ended it before all was asked."""

    done: list[Done] = field(default_factory=list)
    interrupted: bool = False


async def run(asker: Asker, cells: Iterable[Cell], *, side_by_side: int, progress: Progress) -> Ran:
    """Ask *cells*, *side_by_side* at a time. Cancelled, it returns what is done so far."""
    waiting, ran = deque(cells), Ran()

    async def work() -> None:
        while waiting:
            cell = waiting.popleft()
            did = await asked(asker, cell)
            done = Done(cell=cell, did=did, grade=grade(cell.case, did))
            ran.done.append(done)
            progress(done)

    workers = [asyncio.create_task(work()) for _ in range(min(side_by_side, len(waiting)))]
    try:
        await asyncio.gather(*workers)
    except asyncio.CancelledError:
        ran.interrupted = True
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return ran


async def asked(asker: Asker, cell: Cell) -> Did:
    """What the model did; one that nobody foresaw ends its cell, and not the others that were paid for."""
    try:
        return await asker.ask(cell)
    except Exception as error:
        logger.exception("the case %s of %s could not be asked", cell.case.name, cell.suite.name)
        return Did(error=f"{type(error).__name__}: {error}")
