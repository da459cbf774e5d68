"""Which argument broke the schema, and how: ``"customer_id: missing"``. Pure.

Our own executor says it on the span (``semconv.VIOLATIONS``); from other applications it is read out of the
messages of the validators that people use.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from telemetry import semconv as sc

MOST = 16
PATH_CHARS = 96
READ_CHARS = 2_000

# What every validator's own word for a fault comes to; the first that fits. Anything else is "value".
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("missing", r"missing|required(?!_)"),
        ("unknown", r"extra_forbidden|(additional|unevaluated)Properties|unexpected|unrecognized|unknown"),
        ("choice", r"enum|const|literal|union_tag|invalid_union_discriminator|choice"),
        ("length", r"too_(long|short)|(min|max)(Length|Items|Properties)|length|uniqueItems"),
        ("range", r"greater_than|less_than|[mM]in|[mM]ax|multiple|finite|too_(big|small)|range"),
        ("format", r"pattern|format|(date|time|url|uuid|decimal|json)\w*_(parsing|from)|invalid_(string|date)"),
        ("type", r"type|_parsing|_attributes|none_required|from_float"),
    )
)
VALUE = "value"
KIND_NAMES = (*(kind for kind, _ in KINDS), VALUE)

_ITEM = re.compile(r"(?P<path>.+): (?P<kind>\w+)", re.DOTALL)
_INDEX = re.compile(r"\.?\[?(?<![\w-])\d+(?![\w-])\]?|\.\*(?=\.|$)")
_LOC_PART = re.compile(r"""["']([^"']+)["']|(\d+)""")
# In FastAPI's answers the first part says where the argument was sent.
_SENT_IN = frozenset({"body", "query", "path", "header"})

# Each validator's way to say it: `path` or `loc`, and `kind`, or words that say the kind.
_SAYINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.MULTILINE))
    for kind, pattern in (
        # Ours.
        ("missing", r"\bargument '(?P<path>[^']+)' is missing"),
        ("unknown", r"\bunknown argument '(?P<path>[^']+)'"),
        ("", r"\bargument '(?P<path>[^']+)': (?P<words>[^.]+)"),
        # pydantic: its report, and its errors as JSON or as a Python list.
        ("", r"^(?P<path>[\w.\-\[\]]+)\n  .+\[type=(?P<kind>\w+)"),
        ("", r"""["']type["']: ?["'](?P<kind>\w+)["'], ?["']loc["']: ?[\[(](?P<loc>[^\])]*)[\])]"""),
        # zod.
        ("", r'"code": ?"(?P<kind>\w+)"[^{}]*?"path": ?\[(?P<loc>[^\]]*)\]'),
        # jsonschema and ajv.
        ("missing", r"'(?P<path>[^']+)' is a required property"),
        ("missing", r"must have required property '(?P<path>[^']+)'"),
        ("unknown", r"Additional properties are not allowed \('(?P<path>[^']+)'"),
        ("", r"Failed validating '(?P<kind>\w+)' in (?s:.*?)On instance(?P<loc>(?:\[[^\]]+\])+)"),
        ("", r"\b(?:data|instance)[./](?P<path>[\w./-]+) (?P<words>must (?!have required)[^,;.]+)"),
        # A Python function that was called directly.
        ("missing", r"missing \d+ required (?:positional|keyword-only) arguments?: '(?P<path>\w+)'"),
        ("unknown", r"got an unexpected keyword argument '(?P<path>\w+)'"),
    )
)
# The kinds by the words of a sentence.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("length", r"characters|items|properties|bytes"),
        ("range", r"greater|less|multiple|>=|<=|[<>] \d|finite"),
        ("format", r"pattern|format|parse string as a? ?(date|url|uuid)|e-?mail|valid (date|time|url|uuid|json)"),
        ("choice", r"one of|allowed values|equal to|constant|^input should be '"),
        ("type", r"valid|must be|should be|to parse"),
    )
)


def violations_of(attributes: Mapping[str, Any], message: str) -> list[str]:
    """What a call with bad arguments broke, each path once, MOST at most; empty where nobody says it."""
    said = attributes.get(sc.VIOLATIONS)
    if isinstance(said, list | tuple) and said:
        found: Iterable[tuple[str, str]] = (
            (item["path"], item["kind"]) for item in map(_ITEM.fullmatch, map(str, said)) if item
        )
    else:
        found = _read(message[:READ_CHARS])
    paths: dict[str, str] = {}
    for path, kind in found:
        if name := schema_path(path):
            paths.setdefault(name, kind if kind in KIND_NAMES else _kind(kind, KINDS))
        if len(paths) == MOST:
            break
    return [f"{path}: {kind}" for path, kind in paths.items()]


def schema_path(path: str) -> str:
    """*path* in a payload as the place in the schema: ``items.0.sku`` is ``items[].sku``."""
    return _INDEX.sub("[]", path.replace("/", ".")).lstrip(".")[:PATH_CHARS]


def _read(message: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _SAYINGS:
        for found in pattern.finditer(message):
            parts = found.groupdict()
            path = parts.get("path") or _joined(parts.get("loc") or "")
            yield path, kind or parts.get("kind") or _kind(parts.get("words") or "", _WORDS)


def _joined(loc: str) -> str:
    """A place written as a list, joined by dots."""
    parts = [name or index for name, index in _LOC_PART.findall(loc)]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] in _SENT_IN else parts)


def _kind(text: str, table: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
    return next((kind for kind, pattern in table if pattern.search(text)), VALUE)
