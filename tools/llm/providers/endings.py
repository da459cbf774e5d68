"""What is said of models that end: on pages, a sentence each. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# How long before its end a model is warned of.
NEAR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ending:
    """That a model ends on a day, and which one its vendor names for after that."""

    on: date | None
    successor: str = ""

    def days_left(self, today: date) -> int | None:
        """Below 1 it is over; None where no end was announced."""
        return None if self.on is None else (self.on - today).days

    def is_near(self, today: date) -> bool:
        """Whether it is over, or so soon that it is warned of."""
        return self.on is not None and self.on - today <= NEAR

    def in_words(self, today: date) -> str:
        """`ends on 2026-12-11, in 10 days`, `has ended on 2026-11-30`; '' where no end was announced."""
        if self.on is None:
            return ""
        days = (self.on - today).days
        if days < 1:
            return f"has ended on {self.on}"
        return f"ends on {self.on}, in {days} day{'s' * (days != 1)}"

    def warning(self, of: str, today: date) -> str:
        """What to do about it."""
        instead = f"choose {self.successor}" if self.successor else "choose another model"
        return f"{of} {self.in_words(today)}: {instead} instead."


def warnings(endings: Iterable[tuple[str, Ending]], today: date) -> list[str]:
    """Of those that are near or over, the first to end first; one line for all that end alike."""
    alike: dict[Ending, list[str]] = {}
    for of, ending in endings:
        if ending.is_near(today):
            alike.setdefault(ending, []).append(of)
    told = sorted(alike.items(), key=lambda one: (one[0].on or today, one[1]))
    return [ending.warning(", ".join(names), today) for ending, names in told]
