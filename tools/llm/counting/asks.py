"""What each thing of a question is in tokens, before anything was learned. Pure."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tools.definition.same import Same
from tools.llm.adapters.base import Ask
from tools.llm.counting.rates import bytes_of, rates_of, tokens_of
from tools.llm.images.reading import BadImage, size_of
from tools.llm.images.takes import tokens_of as tokens_of_picture
from tools.llm.transcript import Call, Image, Message, Opaque, Origin, Part, Result, Text

# What vendors put around a message, and around a tool: roles, names, marks.
AROUND = 6
UNKNOWN_PICTURE = 1_600


def standing(ask: Ask) -> int:
    """Instructions and tools: what goes with every request, however the conversation is cut."""
    model = ask.origin.model
    return AROUND + tokens_of(ask.system, model) + sum(AROUND + tool_of(ask, tool) for tool in ask.tools)


def tool_of(ask: Ask, tool: Any) -> int:
    return _tool(Same(tool), ask.descriptions.get(tool.name, ""), ask.origin.model)


@lru_cache(maxsize=2048)  # a tool is what it is, and a tenth of what we add to a request went into writing it
def _tool(same: Same, description: str, model: str) -> int:
    return tokens_of(written(same.tool.definition(description)), model)


def messages(said: Sequence[Message], reader: Origin) -> int:
    """What *reader* is sent of them."""
    return sum(AROUND + sum(part_of(part, reader) for part in message.parts) for message in said)


def part_of(part: Part, reader: Origin) -> int:
    match part:
        case Text(text):
            return tokens_of(text, reader.model)
        case Call():
            return AROUND + tokens_of(part.name, reader.model) + tokens_of(written(part.arguments), reader.model)
        case Result():
            return AROUND + tokens_of(part.content, reader.model)
        case Image():
            return picture_of(part, reader)
        case Opaque() if part.origin == reader:
            return int(bytes_of(written(part.value)) / rates_of(reader.model).json)
    return 0  # what was thought is shown and not sent, and what others made stays behind


def written(value: Any) -> str:
    """*value* as JSON; '' where it is none, which whoever sends it says."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return ""


def picture_of(image: Image, reader: Origin) -> int:
    """By the vendor's own formula."""
    try:
        return AROUND + tokens_of_picture(size_of(image.data), reader.provider)
    except BadImage:
        return UNKNOWN_PICTURE  # whoever sends it says what is wrong
