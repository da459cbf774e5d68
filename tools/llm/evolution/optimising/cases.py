"""Cases out of recorded calls: a conversation up to the model's answer, and the calls that came true. Pure."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Protocol

from telemetry.semconv import SUCCEEDED
from tools.definition.registry import ToolRegistry
from tools.errors import InvalidArguments
from tools.llm.evaluation.suite import Case, Expected
from tools.llm.evolution.optimising.messages import CUT, Exchange, Unusable, exchange, values_in
from tools.llm.evolution.rules import Schema, resolved
from tools.llm.prompts.families import Family, Key, Rung
from tools.llm.prompts.rendering import Version

# What stands where something was taken out of a payload, and where it was cut.
MARKS = (
    (re.compile(r"\[(?:redacted|email|phone|card|iban|ssn|name|address)\]"), "redacted"),
    (re.compile(re.escape(CUT)), "cut"),
)


class Chat(Protocol):
    """A model call that was answered; *turn* is that of all its rounds."""

    turn: str
    trace: str
    variant: str
    messages: str


class Called(Protocol):
    """A call of a tool, by the id that the model's answer has it under."""

    trace: str
    call_id: str
    tool: str
    outcome: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A case, and the user's words in it, by which it is in one part or another."""

    case: Case
    words: str


@dataclass(slots=True)
class Found:
    """Cases, the oldest first, and of how many model calls none was made, by why."""

    cases: list[Recorded] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def cases_of(
    version: Version, key: Key, chats: Iterable[Chat], calls: Iterable[Called], registry: ToolRegistry
) -> Found:
    """The cases in *chats*, each once, with the variables that the variant *key* of *version* wants.

    Offered are the tools that models called with it: which ones they were offered is not recorded.
    """
    turns, made = defaultdict[str, list[Chat]](list), {(call.trace, call.call_id): call for call in calls}
    for chat in chats:
        turns[chat.turn].append(chat)
    offered = tuple(sorted({call.tool for call in made.values() if call.tool in registry}))
    places = {name: registry.get(name).schema.parameters for name in offered}
    found, seen = Found(), set[str]()
    for turn in turns.values():
        for recorded in _of_turn(turn, made, registry, found.left_out):
            try:
                variables = variables_of(version, key, recorded.variant, recorded.asked.system)
                wanted = tuple(expected(call, registry, places[call.tool]) for call in recorded.wanted)
            except Unusable as why:
                found.left_out[str(why)] += 1
                continue
            case = Case(name="", said=recorded.asked.said, tools=offered, expected=wanted, variables=variables)
            digest = sha256(f"{recorded.asked.words} {case.digest()}".encode()).hexdigest()[:12]
            if digest not in seen:
                seen.add(digest)
                found.cases.append(Recorded(replace(case, name=digest), recorded.asked.words))
    return found


@dataclass(frozen=True, slots=True)
class _True:
    """An answer with calls, and those that should have been made: what succeeded, there or at last."""

    asked: Exchange
    variant: str
    wanted: Sequence[Called]


def _of_turn(
    turn: Sequence[Chat], made: Mapping[tuple[str, str], Called], registry: ToolRegistry, left_out: Counter[str]
) -> Iterator[_True]:
    """Answer by answer, until one went wrong: what follows on that are corrections, told by what went wrong."""
    read: list[tuple[Chat, Exchange]] = []
    for chat in turn:
        try:
            read.append((chat, exchange(chat.messages)))
        except Unusable as why:
            left_out[str(why)] += 1
            return
    done = [[made.get((chat.trace, call.call_id)) for call in asked.calls] for chat, asked in read]
    for number, (chat, asked) in enumerate(read):
        if not asked.calls:
            continue
        later = [call for calls in done[number + 1 :] for call in calls if call and came_true(call)]
        wanted = [
            call if came_true(call) else first_of(said.name, later)
            for said, call in zip(asked.calls, done[number], strict=True)
        ]
        known = [call for call in wanted if call is not None and call.tool in registry]
        if len(known) < len(wanted):
            left_out["no call came true"] += 1
            return
        yield _True(asked, chat.variant, known)
        if not all(came_true(call) for call in done[number]):
            return


def came_true(call: Called | None) -> bool:
    return call is not None and call.outcome in SUCCEEDED


def first_of(tool: str, later: list[Called]) -> Called | None:
    """The first of *later* that is of *tool*, which is then no longer among them."""
    found = next((call for call in later if call.tool == tool), None)
    if found is not None:
        later.remove(found)
    return found


def variables_of(version: Version, key: Key, variant: str, system: str) -> dict[str, str]:
    """What the prompt was filled with to become *system*. Raises Unusable where *key* wants more than is known."""
    family, _, rung = variant.partition("/")
    try:
        template = version.template((Family(family), Rung(rung)))
    except (ValueError, KeyError):
        raise Unusable("another variant") from None
    values = values_in(template, system)
    if set(version.template(key).names) - values.keys():
        raise Unusable("variables")
    # What other variants want is not said in this one.
    return {one.name: values.get(one.name, "") for one in version.variables}


def expected(call: Called, registry: ToolRegistry, root: Schema) -> Expected:
    """*call* with its arguments; of free text only that there is some, as *root* says. Raises Unusable."""
    try:
        given = arguments_of(json.loads(call.arguments), registry.get(call.tool).schema)
    except (ValueError, InvalidArguments) as error:
        raise Unusable(mark_in(call.arguments) or "no arguments") from error
    places = root.get("properties", {})
    wanted = {
        name: {"anything": True} if is_free(places.get(name, {}), root) else {"equals": value}
        for name, value in given.items()
        if value not in (None, "")
    }
    if why := mark_in(str(wanted)):
        raise Unusable(why)
    return Expected(tool=call.tool, arguments=wanted)


def mark_in(text: str) -> str:
    """Why *text* is not what was said; '' where it is."""
    return next((why for mark, why in MARKS if mark.search(text)), "")


def arguments_of(payload: Any, schema: Any) -> dict[str, Any]:
    """As the tool would get them, so that what means the same is the same. Raises InvalidArguments."""
    return dict(schema.read(payload)[0])


def is_free(schema: Schema, root: Schema) -> bool:
    """Whether a text may say it in any words."""
    place = resolved(schema, root)
    fixed = {"enum", "const", "pattern", "format"} & place.keys()
    return place.get("type") == "string" and not fixed
