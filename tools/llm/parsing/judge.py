"""From what the shapes found to the calls that may run: names, arguments, ids, and everything refused."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tools.calls.call import new_tool_call_id
from tools.llm.parsing import repairs as repair_names
from tools.llm.parsing.arguments import as_arguments, typed
from tools.llm.parsing.names import PARALLEL, Known, is_known, schema_of, tool_name, unknown_message
from tools.llm.parsing.parsed import Broken, Draft, ParsedCall, Problem, ProblemKind

MAX_CALLS = 100
MAX_PROBLEMS = 100
MAX_ID_CHARS = 128
# The arguments of these are text by the provider's rule, so decoding them repairs nothing.
NATIVE = frozenset({"openai", "openai_stream", "anthropic_stream", "openai_responses", "ai_sdk", "pydantic_ai"})
ADVICE = {
    ProblemKind.TRUNCATED: "It was cut off and was not run: send the whole call again.",
    ProblemKind.MALFORMED: "It was not run: send it again as valid JSON.",
    ProblemKind.TOO_DEEP: "It was not run: send flatter arguments.",
    ProblemKind.PROVIDER_FAILED: "It was not run: ask again in other words.",
    ProblemKind.NOT_AN_OBJECT: 'It was not run: send an object such as {"name": value}.',
}


@dataclass(slots=True)
class Verdict:
    """The calls of a text and its problems, as they are gathered."""

    known: Known
    calls: list[ParsedCall] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _by_id: dict[str, list[int]] = field(default_factory=dict)
    _place: int = 0

    def judge(self, drafts: Iterable[Draft]) -> None:
        """Take *drafts* as calls or as problems."""
        count = 0
        for self._place, draft in enumerate(drafts):
            for one in taken_apart(draft):
                count += 1
                if count > MAX_CALLS:
                    self._refuse_all(one)
                    return
                self._judge(one)

    def report(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _refuse(self, problem: Problem) -> None:
        self.report(replace(problem, place=self._place))

    def _judge(self, draft: Draft) -> None:
        named = tool_name(draft.name, self.known)
        if named is None:
            written = str(draft.name)[:60]
            message = f"{written!r} is not a tool's name: give the name as text."
            self._refuse(Problem(ProblemKind.BAD_NAME, message, draft.start))
            return
        name, made = named
        if not is_known(name, self.known):
            message = unknown_message(name, self.known)
            self._refuse(Problem(ProblemKind.UNKNOWN_TOOL, message, draft.start, name))
            return
        try:
            arguments, more = self._arguments(name, draft)
        except Broken as broken:
            self._refuse(explained(broken, draft.start, name))
            return
        repairs = list(dict.fromkeys([*draft.repairs, *made, *more]))
        try:
            encoded = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
        except ValueError:
            message = f"The call of {name!r} holds a number that JSON has not: send a finite one."
            self._refuse(Problem(ProblemKind.MALFORMED, message, draft.start, name))
            return
        self._add(draft, name, encoded, repairs)

    def _arguments(self, name: str, draft: Draft) -> tuple[dict[str, Any], list[str]]:
        schema = schema_of(name, self.known)
        if draft.untyped:
            return with_types(draft.arguments, draft.untyped, schema)
        arguments, made = as_arguments(draft.arguments, schema, native=draft.shape in NATIVE)
        # However that is spelled, and also where the tool needs none: some APIs fill in {} for what never came.
        if draft.cut_off and not arguments:
            raise Broken(draft.cut_off, "the provider stopped before the arguments", 0)
        return arguments, made

    def _add(self, draft: Draft, name: str, encoded: str, repairs: list[str]) -> None:
        """Keep a call under an id that no other one has; the same call with the same id is one call."""
        original = str(draft.call_id) if isinstance(draft.call_id, str | int) else ""
        if original:
            others = self._by_id.setdefault(original, [])
            for at in others:
                if (self.calls[at].name, self.calls[at].arguments_json) == (name, encoded):
                    self._note(at, repair_names.DOUBLED_CALL)
                    return
            if others:
                repairs.append(repair_names.DUPLICATE_ID)
            others.append(len(self.calls))
        usable = original and len(self._by_id[original]) == 1 and is_usable_id(original)
        call_id = original if usable else new_tool_call_id()
        where = (draft.shape, draft.start, draft.end, self._place)
        self.calls.append(ParsedCall(name, encoded, call_id, original, tuple(repairs), *where))

    def _note(self, at: int, repair: str) -> None:
        call = self.calls[at]
        if repair not in call.repairs:
            self.calls[at] = replace(call, repairs=(*call.repairs, repair))

    def _refuse_all(self, draft: Draft) -> None:
        self.calls.clear()
        message = f"There are more than {MAX_CALLS} calls, so none was run: send fewer at once."
        self._refuse(Problem(ProblemKind.TOO_MANY, message, draft.start))


def is_usable_id(written: str) -> bool:
    return len(written) <= MAX_ID_CHARS and written.isprintable() and written.isascii()


def taken_apart(draft: Draft) -> list[Draft]:
    """The calls inside a ``multi_tool_use.parallel``, which some models invent; else the draft itself."""
    if not isinstance(draft.name, str) or draft.name not in PARALLEL:
        return [draft]
    try:
        arguments, _ = as_arguments(draft.arguments, None, native=True)
    except Broken:
        return [draft]
    uses = arguments.get("tool_uses")
    if not isinstance(uses, list) or not all(isinstance(use, dict) for use in uses):
        return [draft]
    return [
        Draft(
            use.get("recipient_name") or use.get("name"),
            use.get("parameters", use.get("arguments")),
            draft.shape,
            start=draft.start,
            end=draft.end,
            repairs=[*draft.repairs, repair_names.PARALLEL_UNWRAPPED],
        )
        for use in uses
    ]


def with_types(
    values: Mapping[str, Any], untyped: frozenset[str], schema: Mapping[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """Bare texts as the values that they are; what *schema* wants as text stays as it is."""
    made: dict[str, None] = {}
    properties = schema.get("properties", {}) if schema else {}
    definitions = schema.get("$defs", {}) if schema else {}
    found = {
        name: typed(value, properties.get(name), definitions, made) if name in untyped else value
        for name, value in values.items()
    }
    return found, list(made)


def explained(broken: Broken, position: int, tool: str = "") -> Problem:
    """What is wrong with a call and what to do, in two sentences."""
    which = f"The call of {tool[:80]!r}" if tool else "A call"
    message = f"{which} cannot be read: {broken}. {ADVICE[broken.kind]}"
    return Problem(broken.kind, message, position, tool)
