"""What a search may cost: it only reads, each statement has a limit, and all together have a budget of time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from telemetry.database.replica import alias, reader
from telemetry.search.errors import SearchTooExpensive

STATEMENT_MS = 3_000
BUDGET_S = 2.0
# Reading a page in place costs on today's disks hardly more than reading the next one; and a search must not take
# the processors from those who store spans.
_SETTINGS = {"random_page_cost": "1.1", "max_parallel_workers_per_gather": "0", "enable_seqscan": "on"}
_NAMES = (*_SETTINGS, "statement_timeout")
_SET = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in _NAMES)
_GET = "SELECT " + ", ".join(f"current_setting('{name}')" for name in _NAMES)


def avoid_full_scans() -> None:
    """Let the rest of a ``guarded`` block read a whole partition only where no index can help."""
    with reader().cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


@dataclass(frozen=True, slots=True)
class Budget:
    """The time that a search has left."""

    ends: float
    clock: Callable[[], float]

    @property
    def is_spent(self) -> bool:
        return self.clock() >= self.ends


@contextmanager
def guarded(
    statement_ms: int = STATEMENT_MS, budget_s: float = BUDGET_S, clock: Callable[[], float] = time.monotonic
) -> Iterator[Budget]:
    """A transaction that only reads, and no statement of which takes longer than *statement_ms*.

    Raises SearchTooExpensive where one did.
    """
    nested = reader().in_atomic_block
    try:
        with transaction.atomic(using=alias()), reader().cursor() as cursor:
            if not nested:
                cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(_GET)
            before = cursor.fetchone()
            cursor.execute(_SET, [*_SETTINGS.values(), str(statement_ms)])
            yield Budget(clock() + budget_s, clock)
            # Who called from within a transaction goes on with it.
            cursor.execute(_SET, before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTooExpensive(
                "This search takes too long: add a condition that narrows it, like tool: or session:,"
                " or shorten the period."
            ) from error
        raise
