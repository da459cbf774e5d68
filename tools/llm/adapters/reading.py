"""From what a vendor's answer holds, in its order, and what the parser made of it, to the parts of a message."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any, NamedTuple

from tools.definition.dialects import Export
from tools.llm.adapters.base import NONE, Answer, Ask
from tools.llm.adapters.errors import ModelError
from tools.llm.parsing import Parsed, ParsedCall, parse_calls
from tools.llm.parsing.objects import Native
from tools.llm.transcript import Call, Opaque, Part, Reasoning, Text


class Asked(NamedTuple):
    """A call as the vendor's answer has it. What the parser made of it has its place among the answer's calls."""

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


def asked_in(native: Native | None) -> list[Asked]:
    """The calls that the parser's reader of the vendor's objects found in one of them."""
    return [Asked(str(draft.name or ""), str(draft.call_id or "")) for draft in (native.drafts if native else ())]


def parts_of(seen: Iterable[Part | Asked], parsed: Parsed, export: Export) -> tuple[Part, ...]:
    """*seen* with each of its calls as the parser read it, or with what was wrong with it.

    Where there is none, but the text holds some, these stand behind what is left of the text. A call that the
    parser took for the same as one before it is none; one that it took for a wrapper is those inside.
    """
    seen, place = list(seen), count()
    if not any(isinstance(one, Asked) for one in seen):
        if parsed.calls:
            seen = [one for one in seen if not isinstance(one, Text)] + [Text(parsed.text)]
        seen += [made(call, export) for call in parsed.calls]
    parts: list[Part] = []
    for one in seen:
        if isinstance(one, Asked):
            parts += read(one, next(place), parsed, export)
        elif not (isinstance(one, Text) and not one.text.strip()):
            parts.append(one)
    return tuple(parts)


def read(asked: Asked, place: int, parsed: Parsed, export: Export) -> list[Call]:
    """What the parser made of *asked*, the answer's call at *place*: calls, or one with what was wrong with it."""
    calls = [made(call, export) for call in parsed.calls if call.place == place]
    problem = next((each for each in parsed.failures if each.place in (place, None)), None)
    if calls or problem is None:
        return calls
    return [Call(export.names.ours(asked.name), {}, vendor_id=asked.id, problem=problem.message)]


def recovered(error: ModelError, ask: Ask, export: Export, before: str = "") -> Answer | None:
    """The answer that an error holds whose vendor could not read a call, where the parser can; else None.

    *before* is the text that was streamed before it, which some repeat in the error.
    """
    if error.code != UNREAD_CALL or error.document is None or ask.choice == NONE:
        return None
    parsed = parse_calls(error.document, known=Schemas(ask, export))
    if not parsed.calls:
        return None
    if before.strip() and before.strip() not in parsed.text:
        parsed = replace(parsed, text=before + parsed.text)
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
