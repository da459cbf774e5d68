"""Until when a call may run: by its tool's policy, by its caller, and by the call around it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from math import inf

# The deadline of the tool that runs here; calls that it makes have no longer.
_around: ContextVar[float] = ContextVar("salesboost_deadline", default=inf)


def deadline_of(now: float, policy_s: float, granted_s: float | None) -> tuple[float, bool]:
    """When a call that begins *now* has to have ended, and whether its policy has it later."""
    own = now + policy_s
    earliest = min(_around.get(), own if granted_s is None else now + granted_s)
    return (earliest, True) if earliest < own else (own, False)


@contextmanager
def granted(now: float, seconds: float | None) -> Iterator[None]:
    """Let the calls made inside the ``with`` end within *seconds* from *now*, all of them together."""
    around = enter(deadline_of(now, inf, seconds)[0])
    try:
        yield
    finally:
        leave(around)


def enter(deadline: float) -> Token[float]:
    """Let the calls made from here on end by *deadline*, until ``leave``."""
    return _around.set(deadline)


leave = _around.reset
