"""The messages that a model was given and gave, out of what a span's payload holds. Pure.

Understood are OpenTelemetry's parts (``{"role", "parts": [{"type": "text", "content"}]}``), the chat format of
OpenAI and Anthropic (``{"role", "content": "…" | [{"type", …}], "tool_calls"}``) and plain text. What was cut off
when it was stored is read as far as it goes, and said to be cut.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIDES = ("input", "output")
ROLES = {"human": "user", "ai": "assistant", "model": "assistant", "developer": "system", "function": "tool"}
# A text longer than this begins folded, with this much of it as its title.
LONG_CHARS, START_CHARS = 1_200, 90
# The last messages of a history are shown, those before them fold.
RECENT = 6
TEXT_KEYS = ("content", "text", "thinking", "input_text", "output_text")
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that a model asked for."""

    name: str
    call_id: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message; equal ones are the same words of the same speaker."""

    role: str  # system, user, assistant, tool, or what was recorded
    text: str
    uses: tuple[ToolUse, ...] = ()
    answers: str = ""  # the id of the tool call that a message of a tool answers

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG_CHARS

    @property
    def start(self) -> str:
        """The beginning of its text, in one line."""
        return start_of(self.text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went into a model and what came out; ``cut``: the end of it was not stored."""

    input: Sequence[Message] = ()
    output: Sequence[Message] = ()
    cut: bool = False

    @property
    def earlier(self) -> Sequence[Message]:
        """What was given before ``recent``: a history that other spans tell too."""
        return self.input[:-RECENT]

    @property
    def recent(self) -> Sequence[Message]:
        return self.input[-RECENT:]


def exchange(stored: str) -> Exchange:
    """The messages of a payload's ``messages``: JSON with ``input`` and ``output``."""
    if not stored:
        return Exchange()
    try:
        sides, cut = json.loads(stored), False
    except (ValueError, RecursionError):
        sides, cut = _as_far_as_it_goes(stored), True
    if not isinstance(sides, Mapping):
        return Exchange(input=tuple(_messages(sides, "user")), cut=cut)
    return Exchange(
        input=tuple(_messages(sides.get("input"), "user")),
        output=tuple(_messages(sides.get("output"), "assistant")),
        cut=cut,
    )


def start_of(text: str) -> str:
    return " ".join(text[: START_CHARS * 2].split())[:START_CHARS] + "…"


def pretty(text: str) -> str:
    """JSON indented; anything else as it is (a payload that was cut is no longer JSON)."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _as_far_as_it_goes(stored: str) -> dict[str, Any]:
    """The whole messages of each side before the place where *stored* was cut."""
    found: dict[str, Any] = {}
    for side in SIDES:
        at = stored.find(f'"{side}":')
        if at >= 0:
            found[side] = list(_whole_values(stored, at + len(side) + 3)) or [stored[at + len(side) + 3 :].strip()]
    return found or {"input": stored}


def _whole_values(text: str, at: int) -> Iterator[Any]:
    """The values of the list that begins at *at*, up to the first that is not whole."""
    while at < len(text) and text[at] in ' \n\t[,{"':
        if text[at] not in '{"':
            at += 1
            continue
        try:
            value, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value
        while at < len(text) and text[at] in " \n\t":
            at += 1
        if at < len(text) and text[at] != ",":
            return


def _messages(side: Any, role: str) -> Iterator[Message]:
    """The messages of one *side*; *role* speaks where none is named."""
    if isinstance(side, Mapping) and isinstance(side.get("messages"), list):
        side = side["messages"]
    for one in side if isinstance(side, list) else [side]:
        if one in (None, "", {}, []):
            continue
        if isinstance(one, list):  # LangChain keeps a list of conversations
            yield from (
                _message(each, role) if isinstance(each, Mapping) else Message(role, _text(each)) for each in one
            )
        elif isinstance(one, Mapping):
            yield _message(one, role)
        else:
            yield Message(role, _text(one))


def _message(one: Mapping[str, Any], role: str) -> Message:
    inner = one.get("message")
    if isinstance(inner, Mapping):  # OpenInference, and choices of OpenAI
        one = inner
    said = str(one.get("role") or one.get("type") or role).lower()
    parts = one.get("parts") if isinstance(one.get("parts"), list) else one.get("content")
    if parts is None and "role" not in one:
        return Message(role, _text(one.get("text", one)))
    listed = parts if isinstance(parts, list) else [parts]
    uses = [use for part in listed if (use := _use(part))] + [
        use for call in _list(one.get("tool_calls")) if (use := _use(call))
    ]
    answers = str(one.get("tool_call_id") or next((_answered(part) for part in listed if _answered(part)), ""))
    texts = [text for part in listed if part is not None and not _use(part) and (text := _part_text(part))]
    is_tool = answers and not uses and said in ("user", "tool", "function")
    return Message("tool" if is_tool else ROLES.get(said, said), "\n".join(texts), tuple(uses), answers)


def _use(part: Any) -> ToolUse | None:
    """The tool call that *part* asks for, in any of the formats."""
    if not isinstance(part, Mapping):
        return None
    function = part.get("function")
    called = function if isinstance(function, Mapping) else part
    kind = part.get("type")
    if kind not in ("tool_call", "tool_use", "function", "function_call") or "name" not in called:
        return None
    arguments = next((called[key] for key in ("arguments", "input", "args") if key in called), "")
    return ToolUse(str(called["name"]), str(part.get("id") or part.get("call_id") or ""), _same(arguments))


def _same(arguments: Any) -> str:
    """*arguments* in one writing: one recorder keeps them as JSON, another as text of JSON."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return str(arguments)
    return _text(arguments, sort_keys=True)


def _answered(part: Any) -> str:
    if isinstance(part, Mapping) and part.get("type") in (
        "tool_call_response",
        "tool_result",
        "function_call_output",
    ):
        return str(part.get("id") or part.get("tool_use_id") or part.get("call_id") or "")
    return ""


def _part_text(part: Any) -> str:
    if not isinstance(part, Mapping):
        return _text(part)
    for key in (*TEXT_KEYS, "response", "result", "output"):
        if part.get(key):
            return _text(part[key])
    kind = part.get("type")
    return f"[{kind}]" if kind and kind != "text" else ""


def _text(value: Any, *, sort_keys: bool = False) -> str:
    if isinstance(value, str) and not sort_keys:
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=sort_keys)
    except RecursionError:
        return "[nested too deep to be shown]"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
