"""What one OTLP request brought: its spans, what is wrong with others, and what was left out of those taken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import Unstorable

# A message of an answer names so many kinds of problems, each by so many characters.
TOLD, TOLD_CHARS = 4, 200
# How deep a value of an attribute may be nested.
MAX_DEPTH = 8
TOO_DEEP = f"values nested deeper than {MAX_DEPTH} levels"


# Values of one request (attributes, elements of lists, events, links), and of one of its parts: a span, or what
# its resource or scope says. What is read is built of pieces so small that nobody waits for one of them.
MAX_VALUES, MAX_PART_VALUES = 1_050_000, 50_000
MAX_PART_BYTES = 8 << 20
TOO_MANY = f"The body holds more than {MAX_VALUES:,} values: send less at a time."


class Malformed(Exception):
    """The body is not a trace request; the message says what is wrong."""


class TooMuch(Exception):
    """The body holds more than is read at a time; the message says of what, and what to do."""


class LeftOut(Counter[str]):
    """What was left out of spans, by its kind; and how many values the spans have."""

    counted = 0

    def count(self, values: int) -> None:
        """Note so many *values* more. Raises TooMuch."""
        self.counted += values
        if self.counted > MAX_VALUES:
            raise TooMuch(TOO_MANY)


class PartTooLarge(TooMuch):
    """A span, or what its resource or scope says, is more than is read of one."""


def check_length(part: bytes, name: str) -> None:
    """Raises PartTooLarge for a *part* with too many bytes; *name* is what it is, as "a span"."""
    if len(part) > MAX_PART_BYTES:
        raise PartTooLarge(f"{name} is larger than {MAX_PART_BYTES >> 20} MB: leave large contents out")


def too_many(name: str) -> PartTooLarge:
    return PartTooLarge(f"{name} holds more than {MAX_PART_VALUES:,} values: leave some out")


@dataclass(slots=True)
class Received:
    """The spans of one request, and counted: why others were refused, and what of those taken was left out."""

    spans: list[SpanFacts] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def rejected(self) -> int:
        """How many spans were refused."""
        return self.problems.total()

    @property
    def message(self) -> str:
        """What is to be told the sender, the most frequent first; empty if all is well."""
        refused = [f"{count} refused: {why}" for why, count in self.problems.most_common(TOLD)]
        left_out = [f"{count} {what} left out" for what, count in self.left_out.most_common(TOLD)]
        return "; ".join(
            [*refused, *(["more refused for other reasons"] if len(self.problems) > TOLD else []), *left_out]
        )

    def take(self, read: Callable[..., SpanFacts], *source: Any) -> None:
        """Add the span that *read* makes of *source*, or the problem with it."""
        try:
            self.spans.append(read(*source))
        except (Unstorable, PartTooLarge) as error:
            self.problems[str(error)] += 1
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            self.problems[f"the span is malformed: {error}"[:TOLD_CHARS]] += 1
