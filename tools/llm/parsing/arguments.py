"""From what stood in the place of the arguments to an object of arguments."""

import re
from collections.abc import Mapping
from typing import Any

from tools.llm.parsing import repairs as names
from tools.llm.parsing.parsed import Broken, ProblemKind
from tools.llm.parsing.reader import Reader
from tools.llm.parsing.strings import AT_END

MAX_ENCODINGS = 4
_WRAPPERS = ("_", "arguments", "parameters")
_FENCE = re.compile(r"\s*+(?:`{3,}|~{3,})(?:[A-Za-z]\w*+)?(?=[\s{])")
_FENCE_END = re.compile(r"\s*+(?:`{3,}|~{3,})?\s*+\Z")
_CLOSERS = re.compile(r"[\s}\])]*+\Z")

Schema = Mapping[str, Any] | None


def as_arguments(written: Any, schema: Schema, *, native: bool) -> tuple[dict[str, Any], list[str]]:
    """The object of arguments that *written* means, and what was repaired. Raises Broken.

    *native*: the provider's own form, in which arguments are text by rule.
    """
    made: dict[str, None] = {}
    value = written
    for turn in range(MAX_ENCODINGS):
        if not isinstance(value, str) or not value.strip():
            break
        if turn or not native:
            made[names.DOUBLE_ENCODED if turn else names.TEXT_DECODED] = None
        value = decoded(value, made)
    if value is None or value == "":
        return {}, [*made, names.EMPTY_ARGUMENTS]
    for _ in range(MAX_ENCODINGS):
        inner = _unwrapped(value, schema, made)
        if inner is None:
            break
        value = inner
        made[names.DOUBLE_WRAPPED] = None
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "one value"
        raise Broken(ProblemKind.NOT_AN_OBJECT, f"the arguments are {kind}, not an object by name", 0)
    return value, list(made)


def decoded(text: str, made: dict[str, None]) -> Any:
    """The value that *text* is, a fence around it and brackets behind it passed. Raises Broken."""
    fence = _FENCE.match(text)
    reader = Reader(text, fence.end() if fence else 0)
    value = reader.value(AT_END)
    made.update(reader.made)
    if reader.skip() and not (fence and _FENCE_END.match(text, reader.position)):
        _only_more_of_the_same(text, reader, value, made)
    return value


def _only_more_of_the_same(text: str, reader: Reader, value: Any, made: dict[str, None]) -> None:
    """Pass what a provider sent twice, or brackets too many. Raises Broken for anything else."""
    if _CLOSERS.match(text, reader.position):
        made[names.TRAILING_BRACKETS] = None
        return
    second = Reader(text, reader.position).whole()
    if second != value:
        raise Broken(ProblemKind.MALFORMED, "two different objects stand in one call", reader.position)
    made[names.DOUBLED_CALL] = None


def _unwrapped(value: Any, schema: Schema, made: dict[str, None]) -> dict[str, Any] | None:
    """What is inside an object that only wraps the arguments."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((key, inner),) = value.items()
    if key not in _WRAPPERS or (schema and key in schema.get("properties", {})):
        return None
    if isinstance(inner, str):
        try:
            inner = decoded(inner, made)
        except Broken:
            return None
    return inner if isinstance(inner, dict) else None


def typed(value: str, wanted: Any, definitions: Mapping[str, Any], made: dict[str, None]) -> Any:
    """*value*, which XML gives as bare text, as the literal that it is, unless its schema *wanted* is of text."""
    if wanted is not None and _takes_text(wanted, definitions):
        return value
    reader = Reader(value)
    try:
        first = reader.skip()
        if first in {'"', "'", "“", "‘"} and wanted is None:
            return value
        literal = reader.whole()
    except Broken:
        return value
    made.update(reader.made)
    return literal


def _takes_text(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> bool:
    if not isinstance(schema, Mapping) or depth > 8:
        return False
    if reference := schema.get("$ref"):
        return _takes_text(definitions.get(str(reference).rsplit("/", 1)[-1]), definitions, depth + 1)
    types = schema.get("type")
    if types == "string" or (isinstance(types, list) and "string" in types):
        return True
    choices = [choice for word in ("anyOf", "oneOf", "allOf") for choice in schema.get(word, ())]
    return any(_takes_text(choice, definitions, depth + 1) for choice in choices)
