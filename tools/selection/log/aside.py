"""Writes what can be written: a row that Postgres will never take is left out, and holds up none behind it."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DataError

logger = logging.getLogger(__name__)
T = TypeVar("T")
# Classes of SQLSTATE that speak of what is written, not of the server: data, constraints, limits of a row.
OF_THE_ROW = ("22", "23", "54")


def written(waiting: Sequence[T], write: Callable[[Sequence[T]], object]) -> None:
    """Write *waiting*, by halves where a statement is refused. Raises what says that Postgres is away."""
    if refused := _refused(waiting, write):
        logger.error("%d of choice's rows cannot be written and are left out, the first: %r", *_first(refused))


def _refused(waiting: Sequence[T], write: Callable[[Sequence[T]], object]) -> list[Exception]:
    try:
        write(waiting)
    except Exception as error:
        if not is_of_the_row(error):
            raise
        if len(waiting) == 1:
            return [error]
        half = len(waiting) // 2
        return _refused(waiting[:half], write) + _refused(waiting[half:], write)
    return []


def _first(refused: Sequence[Exception]) -> tuple[int, Exception]:
    return len(refused), refused[0]


def is_of_the_row(error: BaseException) -> bool:
    """Whether trying again is of no use: the values themselves are refused, by Postgres or before it."""
    if isinstance(error, ValueError | TypeError | OverflowError):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:  # psycopg refused it itself, as it does a NUL
        return isinstance(error, DataError)
    return str(state).startswith(OF_THE_ROW)
