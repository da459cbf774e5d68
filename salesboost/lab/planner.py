"""A model that reads the tools offered and what was said, and calls them sensibly; the same for the same seed.

It does what its instructions say, well or badly: lines such as "Pass customer_id as the customer's name." and
"Write dates in words." are obeyed to the letter, so that a bad prompt makes bad arguments.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile
from random import Random
from typing import Any

from salesboost.lab.asked import Asked, Reply, Tool, ToolUse

WORD = re.compile(r"[a-z][a-z0-9]{2,}")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TOKEN = re.compile(r"[\w@.+-]+")
# "Pass customer_id as the name." A value in quotes is passed as it stands.
OBEYED = re.compile(r"\bpass (?:the )?`?(\w+)`? as [\"“]?([^\n\".”]+)", re.IGNORECASE)
DATES_IN_WORDS = re.compile(r"\bdates in words\b", re.IGNORECASE)
QUOTED = re.compile(r'"[^"]*"')  # nobody's order to the model
COMMON = frozenset(
    {"the", "and", "for", "with", "this", "that", "from", "what", "please", "can", "you", "your", "how"}
)
MAX_DEPTH = 6


class Planner:
    """Answers by rules: no knowledge, no network.

    Told that its calls failed, it says so; with more than one of *tries* it makes them again first, as models do.
    """

    def __init__(self, seed: int = 0, tries: int = 1) -> None:
        self._seed, self._tries = seed, tries

    def __call__(self, asked: Asked) -> Reply:
        outputs = asked.last.outputs
        if outputs and not asked.forced and not self._tries_again(asked):
            said = "; ".join(output.text[:200] for output in outputs)
            return self._said(asked, f"Here is what I found: {said}")
        text = asked.said_last("user")
        tools = self._chosen(asked, text)
        if not tools:
            return self._said(asked, f"You said: {text[:500]}" if text else "Hello.")
        rules = dict(OBEYED.findall(asked.system))
        has_words = DATES_IN_WORDS.search(asked.system) is not None
        made = [(tool.name, self._arguments(tool, text, rules)) for tool in tools]
        return Reply(calls=[ToolUse(name, in_words(given) if has_words else given) for name, given in made])

    def _tries_again(self, asked: Asked) -> bool:
        """Whether all that was called last failed, and it may be called once more."""
        has_failed = all(output.text.lstrip().startswith('{"error"') for output in asked.last.outputs)
        return has_failed and rounds(asked) < self._tries

    def _said(self, asked: Asked, text: str) -> Reply:
        """*text*; or JSON, where the answer has to fit a schema."""
        if asked.schema is None:
            return Reply(text=text)
        about = asked.said_last("user")
        made = value_of(asked.schema, asked.schema, "", about, Random(f"{self._seed} {about}"), 0)
        return Reply(text=json.dumps(made, ensure_ascii=False))

    def _chosen(self, asked: Asked, text: str) -> Sequence[Tool]:
        """The tools that *text* is about, at most one for each sentence; any where one has to be called."""
        if asked.forced:
            return [tool for tool in asked.tools if tool.name == asked.forced]
        found: list[Tool] = []
        for sentence in re.split(r"(?<=[.!?;])\s+|\band then\b", QUOTED.sub("", text)):
            best = max(asked.tools, key=lambda tool: likeness(tool, sentence), default=None)
            if best and likeness(best, sentence) >= 1 and best not in found:
                found.append(best)
        if not found and asked.forced == "":
            found = list(asked.tools[:1])
        return found

    def _arguments(self, tool: Tool, text: str, rules: Mapping[str, str]) -> dict[str, Any]:
        schema = tool.parameters
        random = Random(f"{self._seed} {tool.name} {text}")
        made = value_of(schema, schema, "", text, random, 0)
        arguments = made if isinstance(made, dict) else {}
        return arguments | {name: value.strip() for name, value in rules.items() if name in properties(schema)}


def rounds(asked: Asked) -> int:
    """How often results were told since the user said something."""
    since = takewhile(lambda turn: turn.role != "user" or not turn.text, reversed(asked.turns))
    return sum(bool(turn.outputs) for turn in since)


def likeness(tool: Tool, text: str) -> float:
    """How many words of *text* are about *tool*: those of its name count double."""
    words = set(WORD.findall(text.lower())) - COMMON
    named = set(WORD.findall(tool.name.replace("_", " ").lower()))
    described = set(WORD.findall(tool.description.lower())) - COMMON
    return 2 * len(words & named) + 0.5 * len(words & described)


def properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def value_of(schema: Any, root: Mapping[str, Any], name: str, text: str, random: Random, depth: int) -> Any:
    """A value for *schema* that *text* suggests; what the schema demands of it, where the lab knows how."""
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return None
    inner = resolved(root, schema["$ref"]) if isinstance(schema.get("$ref"), str) else None
    choices: Any = schema.get("anyOf") or schema.get("oneOf")
    if inner is not None or choices:
        return value_of(inner if inner is not None else choices[0], root, name, text, random, depth + 1)
    value = schema.get("const", as_said(schema, told(name, text)))
    if value is not None or "default" in schema:
        return schema["default"] if value is None else value
    if values := schema.get("enum") or schema.get("examples"):
        said = mentioned(values, text)
        return values[0] if said is None else said
    return by_type(schema, root, name, text, random, depth)


def by_type(
    schema: Mapping[str, Any], root: Mapping[str, Any], name: str, text: str, random: Random, depth: int
) -> Any:
    kind = kind_of(schema)
    if kind == "object":
        return {
            each: value_of(inner, root, each, text, random, depth + 1) if is_wanted(each, inner, text) else None
            for each, inner in properties(schema).items()
            if each in (schema.get("required") or ()) or is_spoken_of(each, text)
        }
    if kind == "array":
        item = value_of(schema.get("items") or {}, root, name, text, random, depth + 1)
        return [item] * max(1, int(schema.get("minItems") or 1))
    if kind in ("integer", "number"):
        return number(schema, text, random, kind == "integer")
    if kind == "boolean":
        return not re.search(rf"\b(no|not|without)\b[^.]*{re.escape(name.replace('_', ' '))}", text.lower())
    return None if kind == "null" else word(schema, text)


def is_spoken_of(name: str, text: str) -> bool:
    return name.replace("_", " ").lower() in text.lower()


def is_wanted(name: str, schema: Any, text: str) -> bool:
    """Whether a field gets a value: in strict schemas null is what left out is in others."""
    return is_spoken_of(name, text) or not may_be_null(schema)


def may_be_null(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    kinds, choices = schema.get("type"), schema.get("anyOf") or schema.get("oneOf") or ()
    return (
        (isinstance(kinds, list) and "null" in kinds)
        or any(may_be_null(each) for each in choices)
        or kinds == "null"
    )


def told(name: str, text: str) -> str:
    """What *text* says right behind *name*: ``quantity 12``, ``sku: PRO``, ``message "Hello."``; '' if nothing.

    What is not in quotes is a number, a code or a date: an ordinary word goes on with the sentence.
    """
    written = re.escape(name.replace("_", " "))
    found = written and re.search(rf'\b{written}(?: is|:| =)? (?:"([^"]*)"|([\w@.+-]+))', text, re.IGNORECASE)
    if not found:
        return ""
    word = (found[2] or "").rstrip(".")
    return found[1] or (word if word.isupper() or re.search(r"\d", word) else "")


def as_said(schema: Mapping[str, Any], said: str) -> Any:
    """*said* as a number or a text that *schema* takes; None where it is neither."""
    kind = kind_of(schema) if said else ""
    if kind in ("integer", "number"):
        return number(schema, said, Random(0), kind == "integer") if NUMBER.fullmatch(said) else None
    fits = kind == "string" and not {"enum", "pattern", "examples"} & schema.keys()
    return said if fits else None


def in_words(value: Any) -> Any:
    """*value* with each date in it as people write it: ``1 December 2026``."""
    if isinstance(value, dict):
        return {name: in_words(each) for name, each in value.items()}
    if isinstance(value, list):
        return [in_words(each) for each in value]
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return f"{day.day} {day:%B %Y}"


def kind_of(schema: Mapping[str, Any]) -> str:
    """The first type that *schema* names, in small letters."""
    kinds = schema.get("type", "string")
    return str(kinds[0] if isinstance(kinds, list) else kinds).lower()


def number(schema: Mapping[str, Any], text: str, random: Random, is_whole: bool) -> float:
    """The first number of *text* within the schema's bounds; where there is none, one within these."""
    low, high = schema.get("minimum"), schema.get("maximum")
    for written in NUMBER.findall(text):
        found = float(written)
        if (
            (low is None or found >= low)
            and (high is None or found <= high)
            and (found.is_integer() or not is_whole)
        ):
            return int(found) if found.is_integer() else found
    start = int(low) if low is not None else 1
    return random.randint(start, int(high) if high is not None else start + 9)


def word(schema: Mapping[str, Any], text: str) -> str:
    """The part of *text* that fits the schema's pattern; all of it where there is none."""
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            fits = re.compile(pattern)
        except re.error:
            return text
        return next(
            (token for token in (t.strip(".,;!?") for t in TOKEN.findall(text)) if fits.search(token)), text
        )
    longest = schema.get("maxLength")
    return text[: int(longest)] if longest else text


def mentioned(values: Sequence[Any], text: str) -> Any:
    """That one of *values* which *text* has as a word, or None."""
    said = text.lower()
    return next((one for one in values if re.search(rf"\b{re.escape(str(one).lower())}\b", said)), None)


def resolved(root: Mapping[str, Any], reference: str) -> Any:
    """What *reference*, such as ``#/$defs/Place``, points to in *root*; None where it points nowhere."""
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def as_text(arguments: Mapping[str, Any] | str) -> str:
    """Arguments as the JSON text that models write; a text stays as it is."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
