"""From what a vendor's answer holds, in its order, and what the parser made of it, to the parts of a message."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from tools.definition.dialects import Export
from tools.llm.adapters.base import NONE, Answer, Ask
from tools.llm.adapters.errors import ModelError
from tools.llm.parsing import Parsed, ParsedCall, Problem, parse_calls
from tools.llm.transcript import Call, Opaque, Part, Reasoning, Text


class Asked(NamedTuple):
    """A call as the vendor's answer has it."""

    name: str
    id: str


MAX_USD = 1_000_000  # no answer costs that
# Groq's word for a call that it could not read, whose text stands beside it.
UNREAD_CALL = "tool_use_failed"


class Schemas(Mapping[str, Mapping[str, Any]]):
    """The JSON Schema of the parameters of each tool asked with, by the name that the vendor was given."""

    def __init__(self, ask: Ask, export: Export) -> None:
        self._tools = {export.names.exported(tool.name): tool for tool in ask.tools}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._tools[name].schema.parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)


def parts_of(seen: Iterable[Part | Asked], parsed: Parsed, export: Export) -> tuple[Part, ...]:
    """*seen* with each of its calls as the parser read it, or with what was wrong with it.

    Where there is none, but the text holds some, these stand behind what is left of the text. A call that the
    parser took for the same as one before it, or for a wrapper of others, is none.
    """
    seen = list(seen)
    if not any(isinstance(one, Asked) for one in seen) and parsed.calls:
        seen = [one for one in seen if not isinstance(one, Text)] + [Text(parsed.text)]
    left, failures = list(parsed.calls), list(parsed.failures)
    parts: list[Part] = []
    for one in seen:
        part = read(one, left, failures, export) if isinstance(one, Asked) else one
        if part is not None and not (isinstance(part, Text) and not part.text.strip()):
            parts.append(part)
    return (*parts, *(made(call, export) for call in left))


def read(asked: Asked, left: list[ParsedCall], failures: list[Problem], export: Export) -> Call | None:
    """The call that the parser made of *asked*, out of *left*; or what was wrong with it, out of *failures*."""
    same = [call for call in left if call.original_id == asked.id] if asked.id else left
    for call in same:
        if call.name == asked.name or (asked.id and len(same) == 1):
            left.remove(call)
            return made(call, export)
    problem = next((each for each in failures if each.tool in ("", asked.name)), None)
    if problem is None:
        return None
    failures.remove(problem)
    return Call(export.names.ours(asked.name), {}, vendor_id=asked.id, problem=problem.message)


def recovered(error: ModelError, ask: Ask, export: Export) -> Answer | None:
    """The answer that an error holds whose vendor could not read a call, where the parser can; else None."""
    if error.code != UNREAD_CALL or error.document is None or ask.choice == NONE:
        return None
    parsed = parse_calls(error.document, known=Schemas(ask, export))
    if not parsed.calls:
        return None
    return Answer(parts=parts_of((), parsed, export), finish=error.code, problems=tuple(parsed.problems))


def made(call: ParsedCall, export: Export) -> Call:
    name, arguments = export.read(call.name, call.arguments)
    return Call(name, arguments, vendor_id=call.original_id, repairs=call.repairs)


def says_nothing(parts: Iterable[Part]) -> bool:
    """Whether *parts* hold nothing for anybody but their maker."""
    return all(isinstance(part, Opaque | Reasoning) for part in parts)


def whole(value: Any) -> int:
    """*value* as a count; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def inner(value: Any, *path: str) -> Any:
    """What stands at *path* in *value*; None where something on the way is no object."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def usd(value: Any) -> Decimal | None:
    """A sum of money as a vendor writes it; None for what is none."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < MAX_USD else None
