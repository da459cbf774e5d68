"""What a schema asks for, said in words where a dialect has no keyword for it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

SENTENCES = {
    "minLength": "At least {} characters.",
    "maxLength": "At most {} characters.",
    "minItems": "At least {} items.",
    "maxItems": "At most {} items.",
    "minProperties": "At least {} properties.",
    "maxProperties": "At most {} properties.",
    "exclusiveMinimum": "Greater than {}.",
    "exclusiveMaximum": "Less than {}.",
    "multipleOf": "A multiple of {}.",
    "uniqueItems": "No item twice.",
    "format": "Format: {}.",
    "pattern": "Matches the pattern {}.",
    "enum": "One of: {}.",
}


def in_words(node: Mapping[str, Any], keywords: Iterable[str]) -> str:
    """What *node* asks for by *keywords*, one short sentence each."""
    return " ".join(SENTENCES.get(key, f"{key}: {{}}.").format(_value(key, node[key])) for key in keywords)


def described(words: Mapping[str, Any], *more: str) -> dict[str, str]:
    """The one description that every dialect has, of all *words* and *more* sentences."""
    parts = [str(words.get("description") or words.get("title") or "").strip()]
    if words.get("default") is not None:
        parts.append(f"Default: {json.dumps(words['default'], ensure_ascii=False)}.")
    if words.get("examples"):
        parts.append(f"For example {', '.join(json.dumps(one, ensure_ascii=False) for one in words['examples'])}.")
    parts += [text for text in more if text]
    sentences = [
        part if part.endswith((".", "!", "?", ":")) or part == parts[-1] else f"{part}." for part in parts if part
    ]
    text = " ".join(sentences)
    return {"description": text} if text else {}


def _value(keyword: str, value: Any) -> str:
    if keyword == "enum":
        return ", ".join(json.dumps(one, ensure_ascii=False) for one in value)
    return str(value) if keyword in ("format", "pattern") else json.dumps(value)[:120]
