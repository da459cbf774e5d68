"""What one OTLP request brought: its spans, what is wrong with others, and what was left out of those taken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from telemetry.facts import SpanFacts
from telemetry.rows import Unstorable

# A message of an answer names so many kinds of problems, each by so many characters.
TOLD, TOLD_CHARS = 4, 200
# How deep a value of an attribute may be nested.
MAX_DEPTH = 8
TOO_DEEP = f"values nested deeper than {MAX_DEPTH} levels"


class Malformed(Exception):
    """The body is not a trace request; the message says what is wrong."""


@dataclass(slots=True)
class Received:
    """The spans of one request, and counted: why others were refused, and what of those taken was left out."""

    spans: list[SpanFacts] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

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
        except Unstorable as error:
            self.problems[str(error)] += 1
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            self.problems[f"the span is malformed: {error}"[:TOLD_CHARS]] += 1
