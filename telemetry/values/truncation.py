"""Arguments, results and messages cut to what is kept of them: from the middle, for both ends tell. Pure.

The end of a conversation is what the model said; the end of a result may be why it failed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from telemetry.values.texts import as_text, both_ends, clean, write_json

# Texts inside messages are not made shorter than this: then messages are left out.
SHORTEST_CHARS = 250
# What JSON has around two sides and their names.
FRAME_CHARS = 40


def cut_payload(value: Any, limit: int) -> str:
    """*value* as text, at most *limit* characters, the middle of it left out; ``""`` for None."""
    return "" if value is None else clean(both_ends(as_text(value), limit), limit)


def cut_messages(sides: Mapping[str, Any], limit: int) -> str:
    """JSON of *sides*, ``input`` and ``output``, at most *limit* characters: of each its beginning and its end."""
    parts = {side: _parsed(value) for side, value in sides.items() if value}
    if not parts:
        return ""
    text = write_json(parts)
    if len(text) > limit:
        sizes = {side: len(write_json(value)) for side, value in parts.items()}
        room = max(0, limit - FRAME_CHARS)
        # A side that needs less than its half leaves the rest to the other.
        shares = {side: max(room // 2, room - sum(sizes.values()) + sizes[side]) for side in parts}
        text = write_json({side: fitted(value, shares[side]) for side, value in parts.items()})
    return clean(text, limit)


def fitted(value: Any, limit: int) -> Any:
    """*value*, its JSON at most *limit* characters: long texts in it cut, then messages of a list left out."""
    longest = limit
    while len(write_json(value)) > limit and longest > SHORTEST_CHARS:
        longest = max(SHORTEST_CHARS, longest // 2)
        value = _shortened(value, longest)
    if len(write_json(value)) <= limit:
        return value
    if isinstance(value, list | tuple):
        return _ends_of(value, limit)
    # In JSON a text may take twice its length, or more.
    return both_ends(as_text(value), limit // 2)


def _parsed(value: Any) -> Any:
    """*value*, out of its JSON if that is what it is, so that it is not written as JSON in JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _shortened(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return both_ends(value, longest)
    if isinstance(value, Mapping):
        return {key: _shortened(item, longest) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(item, longest) for item in value]
    return value


def _ends_of(items: Sequence[Any], limit: int) -> list[Any]:
    """The first and the last of *items*, as many as have room, and between them how many were left out."""
    first, last = list[Any](), list[Any]()
    room = limit - 100  # for what is said of the others
    waiting = list(items)
    while waiting:
        item = waiting[-1] if len(last) <= len(first) else waiting[0]
        room -= len(write_json(item)) + 2
        if room < 0:
            break
        if len(last) <= len(first):
            last.insert(0, waiting.pop())
        else:
            first.append(waiting.pop(0))
    left_out = {"role": "left out", "content": f"{len(waiting):,} messages"}
    return [*first, left_out, *last] if waiting else [*first, *last]
