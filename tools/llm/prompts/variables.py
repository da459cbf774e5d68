"""What a prompt wants to be told: the variables that a version declares. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from tools.llm.prompts.errors import CannotRender


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """``what`` says what it is; ``default`` stands in for one that is not given, unless it is required."""

    name: str
    what: str = ""
    required: bool = True
    default: str = ""
    may_be_cut: bool = False  # where the whole would be too long

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> "Variable":
        """The variable that was stored as *row*, maybe by another release, which knew more of it."""
        return cls(**{field.name: row[field.name] for field in fields(cls) if field.name in row})


def values_of(variables: Sequence[Variable], given: Mapping[str, object], of: str) -> dict[str, str]:
    """A text for each of *variables* of the version *of*.

    Raises CannotRender for what is missing, unknown or neither a text nor a number, in one sentence.
    """
    names = {variable.name for variable in variables}
    missing = [one.name for one in variables if one.required and given.get(one.name) is None]
    unknown = [name for name in given if name not in names]
    odd = [name for name, value in given.items() if name in names and not _is_plain(value)]
    wrong = [
        *([f"is not given {listed(missing)}"] if missing else []),
        *([f"has no variable {listed(unknown)} (it has {listed(names) or 'none'})"] if unknown else []),
        *([f"takes texts and numbers, and {listed(odd)} is neither"] if odd else []),
    ]
    if wrong:
        raise CannotRender(f"The prompt {of} {', and '.join(wrong)}.")
    return {one.name: _text(given.get(one.name), one.default) for one in variables}


def _is_plain(value: object) -> bool:
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def _text(value: object, default: str) -> str:
    return default if value is None else str(value)


def listed(names: Iterable[str]) -> str:
    """`a, b and c`, of many only the first."""
    known = sorted(names)
    shown = known[:10] + ([f"{len(known) - 10} more"] if len(known) > 10 else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
