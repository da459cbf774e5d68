"""Snapshots of conversations: what was said, called and answered, as a file that is looked at and kept."""

import json
import re
from difflib import unified_diff
from pathlib import Path
from typing import Any

from tools.llm.transcript import Call, Image, Message, Reasoning, Result, Text, Transcript
from tools.llm.turns import Conversation, Turn

UPDATE = "--update-conversations"
# What is another in each run: moments, UUIDs, ids of spans, of calls and of keys.
MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b(?:call|toolu|msg|resp|chatcmpl)[_-][A-Za-z0-9_-]{8,}"), "<id>"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<id>"),
)


def said(what: Transcript | Turn | Conversation) -> list[dict[str, Any]]:
    """The messages of *what*, without what is another in each run; a call and its result have the same number."""
    transcript = what if isinstance(what, Transcript) else what.transcript
    numbers: dict[str, int] = {}
    for message in transcript:
        for call in message.calls:
            numbers[call.call_id] = len(numbers) + 1
    return [
        {"role": message.role.value, "parts": [part for part in _parts(message, numbers) if part]}
        for message in transcript
    ]


def _parts(message: Message, numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [_part(part, numbers) for part in message.parts]


def _part(part: Any, numbers: dict[str, int]) -> dict[str, Any]:
    """A part for the file; nothing of what only its maker can read."""
    match part:
        case Text(text):
            return {"text": masked(text)}
        case Reasoning(text):
            return {"reasoning": masked(text)}
        case Image(data=data, media_type=media_type):
            return {"picture": f"{media_type}, {len(data)} bytes"}
        case Call(name=name, arguments=arguments, call_id=call_id):
            return {"call": numbers[call_id], "tool": name, "arguments": masked(dict(arguments))}
        case Result(call_id=call_id, content=content, is_error=is_error):
            return {"result": numbers.get(call_id), "content": masked(_value(content)), "is_error": is_error}
    return {}


def _value(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


def masked(value: Any) -> Any:
    """*value* with a word in the place of each moment and id."""
    if isinstance(value, str):
        for pattern, word in MASKS:
            value = pattern.sub(word, value)
        return value
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    return [masked(each) for each in value] if isinstance(value, list) else value


class ConversationSnapshot:
    """``conversation_snapshot(turn)``: asserts that *turn* is as the file has it, or writes the file anew.

    ``name`` tells two snapshots of one test apart.
    """

    def __init__(self, folder: Path, test: str, *, update: bool) -> None:
        self._folder, self._test, self._update = folder, test, update

    def __call__(self, what: Transcript | Turn | Conversation, name: str = "") -> None:
        __tracebackhide__ = True
        path = self._folder / f"{file_name(f'{self._test}-{name}' if name else self._test)}.json"
        found = json.dumps(said(what), ensure_ascii=False, indent=2) + "\n"
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8")
            return
        if not path.exists():
            raise AssertionError(
                f"There is no {path.name} yet: look at the conversation, then run pytest {UPDATE}."
            )
        before = path.read_text(encoding="utf-8")
        if before != found:
            raise AssertionError(difference(before, found, path.name))


def difference(before: str, found: str, name: str) -> str:
    """What is otherwise, line by line, and what to do about it."""
    lines = unified_diff(
        before.splitlines(), found.splitlines(), f"{name} (kept)", f"{name} (now)", lineterm="", n=4
    )
    return "\n".join([f"The conversation is not as it was; if it is meant so, run pytest {UPDATE}.", *lines])


def file_name(test: str) -> str:
    """*test* as a file can be called."""
    return re.sub(r"[^\w.-]+", "-", test).strip("-")
