"""Two versions side by side: what differs, line by line."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff

from tools.llm.prompts.families import Family, Rung, named
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable

KINDS = {"+": "added", "-": "removed", "@": "hunk", " ": "same"}


@dataclass(frozen=True, slots=True)
class Line:
    kind: str  # one of KINDS
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs of one variant, or of the variables. ``how`` is said where lines would not tell."""

    of: str
    how: str
    lines: tuple[Line, ...]


def differences(before: Version, after: Version) -> list[Difference]:
    """What differs between two versions; what is equal in both is left out."""
    found = [
        difference(named(key), before.texts.get(key), after.texts.get(key))
        for key in ((family, rung) for family in Family for rung in Rung)
        if before.texts.get(key) != after.texts.get(key)
    ]
    if before.variables != after.variables:
        found.append(difference("variables", in_lines(before.variables), in_lines(after.variables)))
    return found


def difference(of: str, before: str | None, after: str | None) -> Difference:
    how = "only in the later one" if before is None else "only in the earlier one" if after is None else "changed"
    return Difference(of, how, tuple(lines_of(before or "", after or "")))


def lines_of(before: str, after: str) -> Iterable[Line]:
    # By "\n" alone, and not by all that ends a line: else two texts could differ and no line of them.
    said = unified_diff(before.split("\n"), after.split("\n"), lineterm="")
    return (Line(KINDS.get(line[:1], "same"), line) for number, line in enumerate(said) if number >= 2)


def in_lines(variables: Iterable[Variable]) -> str:
    return "\n".join(in_words(variable) for variable in variables)


def in_words(variable: Variable) -> str:
    """`notes (may be cut): what is known; default: nothing`."""
    traits = {"required": variable.required, "may be cut": variable.may_be_cut}
    told = ", ".join(trait for trait, has in traits.items() if has)
    default = "" if variable.required else f"default: {variable.default or 'nothing'}"
    said = "; ".join(part for part in (variable.what.rstrip("."), default) if part)
    return f"{variable.name} ({told}): {said}" if told else f"{variable.name}: {said}"
