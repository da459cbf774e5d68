"""From what a validator found wrong to one message that says what to do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz, process

from tools.definition.coercion import Fault, dotted
from tools.definition.schemas.places import names_at
from tools.errors import InvalidArguments

MAX_CHARS = 1000
MAX_VIOLATIONS = 16


def explain(errors: Sequence[Fault], schema: Mapping[str, Any]) -> InvalidArguments:
    """All *errors* in one message, with the nearest right name or value where there is one."""
    names = list(schema.get("properties", {}))
    suggested: set[str] = set()
    sentences = [_unknown(error, schema, suggested) for error in errors if error["type"] == "extra_forbidden"]
    for error in errors:
        path = _path(error)
        if error["type"] == "missing" and path not in suggested:
            sentences.append(f"argument {path!r} is missing.")
        elif error["type"] not in ("missing", "extra_forbidden"):
            sentences.append(_wrong(error, path))
    hint = next((text for text in sentences if "did you mean" in text), "") or f"it takes {listed(names)}"
    violations = dict.fromkeys(f"{_path(error) or 'payload'}: {error['type']}" for error in errors)
    return InvalidArguments(
        " ".join(dict.fromkeys(sentences))[:MAX_CHARS], hint=hint, violations=list(violations)[:MAX_VIOLATIONS]
    )


# Of 100: "custmer_id" is 95 like "customer_id", "emial" 80 like "email" and "phone" 70 like "phone_number", but
# "explanation" only 62 like "action", which nobody meant.
SIMILAR = 65


def likeness(one: str, other: str, **options: Any) -> float:
    """0 to 100: rapidfuzz's plain ratio, or its weighted one, which is generous with parts of words."""
    return max(fuzz.ratio(one, other), fuzz.WRatio(one, other) - 20)


def listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "no arguments"


def _path(error: Fault) -> str:
    return dotted(error["loc"])


def _unknown(error: Fault, schema: Mapping[str, Any], suggested: set[str]) -> str:
    *parents, name = (str(part) for part in error["loc"])
    known = sorted(names_at(schema, error["loc"][:-1]))
    close = process.extractOne(name, known, scorer=likeness, score_cutoff=SIMILAR)
    if not close:
        return f"unknown argument {_path(error)!r}: it takes {listed(known)}."
    suggested.add(".".join([*parents, close[0]]))
    return f"unknown argument {_path(error)!r}: did you mean {close[0]!r}?"


def _wrong(error: Fault, path: str) -> str:
    message = error["msg"][0].lower() + error["msg"][1:]
    place = f"argument {path!r}: " if path else ""  # nothing: it is about all of them
    sentence = f"{place}{message}, not {short(error['input'])}"
    choices = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
    close = process.extractOne(str(error["input"]), choices, score_cutoff=60) if choices else None
    return f"{sentence}: did you mean {close[0]!r}?" if close else f"{sentence}."


def short(value: Any) -> str:
    """*value* as JSON, in 60 characters at most."""
    try:
        text = json.dumps(value, default=str, ensure_ascii=False)
    except ValueError:  # a number with more digits than Python writes, or what holds itself
        text = f"a value of the type {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"
