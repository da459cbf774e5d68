"""What each subject of shared state brings along: a part for Valkey and its twin in memory (see ``parts.py``).

A part is a folder: ``ask.lua`` and ``report.lua`` (either may be missing), and ``part.py``, which has both sides.
A call asks all parts in one round trip: each may answer or refuse it, and takes what it needs only when all have
agreed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.state.base import US, Admission, Left, Question, Report

MARK = "-- PARTS --"
# What a part's scripts have in common stands before them.
COMMON = {"report": ("shared.lua",)}


class ValkeyPart:
    """One part's side of the two Lua scripts, named as its folder; what it does not do is as it is here."""

    name: str

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        """What its ``ask.lua`` takes; nothing where the call does not concern it."""
        return ()

    def ended(self, *values: Any) -> Admission:
        """The answer, where its ``ask.lua`` ended the question with *values*."""
        raise LookupError(f"The part {self.name!r} has no answer, yet its script gave {values!r}.")

    def granted(self, admission: Admission, value: Any) -> Admission:
        """*admission* with what its ``ask.lua`` granted."""
        return admission

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        """What its ``report.lua`` takes, JSON-ready; None for nothing.

        Its ``tell(subject, news)`` is heard in all processes by the part's hearer (``ValkeyState``), news being
        one word. Bytes go to the end of *values*; the sums refer to them by number, 1 being the first of all.
        """
        return None


class MemoryPart:
    """The same in this process. Times are in seconds."""

    def look(self, question: Question, now: float) -> Admission | None:
        """An answer or refusal that ends the question, else None. Changes nothing."""
        return None

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        """Take what the call needs, all parts having agreed; *admission* with what was granted."""
        return admission

    def report(self, reports: Sequence[Report], now: float) -> None:
        """Add *reports* up."""


def left_of(values: Sequence[Any]) -> tuple[Left, ...]:
    """What an ``ask.lua`` granted as name, what is left and microseconds, for each limit."""
    return tuple(
        Left(name.decode(), left, int(full_in_us) / US)
        for name, left, full_in_us in zip(values[::3], values[1::3], values[2::3], strict=True)
    )


def script(name: str, parts: Sequence[ValkeyPart]) -> str:
    """``ask.lua`` or ``report.lua`` with those of *parts* in it."""
    here = Path(__file__).parent
    files = [here / part.name / file for part in parts for file in (*COMMON.get(name, ()), f"{name}.lua")]
    return (here / f"{name}.lua").read_text().replace(MARK, "\n".join(f.read_text() for f in files if f.exists()))
