"""The shapes of calls in text, in the order in which they are tried: a new one is a file here and a line below."""

import re

from tools.llm.parsing.shapes import json_text, pythonic, quiet, react, tags, tokens, xml
from tools.llm.parsing.shapes.base import TextShape

TEXT_SHAPES: list[TextShape] = [
    quiet.TAG,
    quiet.TOKEN,
    quiet.THOUGHT_END,
    tokens.HARMONY,
    tokens.CALL,
    tokens.MISTRAL,
    tags.PYTHON_TAG,
    tags.TAG,
    tags.FUNCTION,
    xml.INVOKE,
    react.ACTION,
    pythonic.BRACKETS,
    pythonic.ON_A_LINE,
    json_text.JSON,
    tokens.MARKER,
]
_OPENERS = re.compile("|".join(f"(?P<s{place}>{shape.opener})" for place, shape in enumerate(TEXT_SHAPES)))


def shape_at(text: str, position: int) -> tuple[TextShape, re.Match[str]] | None:
    """The shape that may start at *position*."""
    opener = _OPENERS.match(text, position)
    if opener is None:
        return None
    place = next(place for place in range(len(TEXT_SHAPES)) if opener[f"s{place}"] is not None)
    return TEXT_SHAPES[place], opener
