"""The map of mistakes: which argument of which tool a family of models gets wrong, and how. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.llm.prompts.families import Family, family_of

# What is rarer, or was seen less often, is no reason for a new prompt.
LEAST_WRONG, LEAST_SHARE = 5, 0.05


class Counted(Protocol):
    """Calls of a tool that a model asked for; ``violation`` is what they broke, '' for all of its calls."""

    tool: str
    model: str
    violation: str
    calls: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """*wrong* of *calls* of *tool* that a *family* asked for broke ``field`` in the way ``kind``."""

    family: Family
    tool: str
    field: str
    kind: str
    wrong: int
    calls: int

    @property
    def share(self) -> float:
        return self.wrong / self.calls

    def as_json(self) -> dict[str, Any]:
        names = ("tool", "field", "kind", "wrong", "calls")
        return {"family": self.family.value, **{name: getattr(self, name) for name in names}}

    def __str__(self) -> str:
        return f"{self.tool}.{self.field} ({self.kind}): {self.wrong:,} of {self.calls:,} calls"


def map_of(counted: Iterable[Counted]) -> list[Mistake]:
    """The commonest first; those that are rare are left out."""
    calls: Counter[tuple[Family, str]] = Counter()
    wrong: Counter[tuple[Family, str, str, str]] = Counter()
    for each in counted:
        family = family_of(each.model)
        if not each.violation:
            calls[family, each.tool] += each.calls
            continue
        field, _, kind = each.violation.rpartition(": ")
        wrong[family, each.tool, without_numbers(field), kind] += each.calls
    found = [Mistake(*key, number, calls[key[:2]]) for key, number in wrong.items()]
    return sorted(filter(is_common, found), key=lambda mistake: (-mistake.wrong, str(mistake)))


def without_numbers(field: str) -> str:
    """``lines.0.sku`` as ``lines.sku``: whichever of a list it was."""
    return ".".join(part for part in field.split(".") if not part.isdigit())


def is_common(mistake: Mistake) -> bool:
    return mistake.wrong >= LEAST_WRONG and mistake.wrong >= LEAST_SHARE * max(mistake.calls, 1)


def of_family(mistakes: Sequence[Mistake], family: Family) -> list[Mistake]:
    return [mistake for mistake in mistakes if mistake.family is family]
