"""JSON Schemas brought into shapes that every dialect can go on with: no allOf, unions without neighbours.

Every step keeps the values that fit, or lets more of them fit and says so: a tool's own schema still reads
the arguments, so what is let through here is refused there.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tools.definition.schemas.places import resolve

Node = Mapping[str, Any]
Note = Callable[[str, str], None]  # kind, message
WORDS = ("description", "title", "default", "examples", "deprecated", "readOnly", "writeOnly", "example")
NULL = {"type": "null"}
# What a schema without a type is about, by its first keyword that tells.
TELLING = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def kind_of(value: Any) -> str:
    """JSON's word for the type of *value*."""
    return "null" if value is None else KINDS[type(value)]


def words_of(node: Node) -> dict[str, Any]:
    """What *node* says to people only."""
    return {key: node[key] for key in WORDS if key in node}


def without_words(node: Node) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in WORDS}


def types_of(node: Node) -> list[str]:
    """The types that *node* names; none where it leaves them open."""
    kinds = node.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def flat(root: Node, node: Any, note: Note, seen: frozenset[str] = frozenset()) -> dict[str, Any]:
    """*node* with its allOf merged into it, its references followed and the neighbours of a union inside that."""
    if not isinstance(node, Mapping):
        return {} if node else {"not": {}}
    made = {key: value for key, value in node.items() if key not in ("allOf", "$ref", "anyOf", "oneOf", "$defs")}
    parts = [*node.get("allOf", ())]
    if (pointer := node.get("$ref")) and pointer not in seen:
        parts.append(resolve(root, pointer))
        seen |= {pointer}
    for part in parts:
        made = merged(made, flat(root, part, note, seen), note)
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            made = _with_choices(root, made, node[keyword], note, seen)
    return made


def _with_choices(
    root: Node, base: dict[str, Any], choices: Iterable[Any], note: Note, seen: frozenset[str]
) -> dict[str, Any]:
    """*base* and one of *choices*: a union of each of them with what *base* asks for."""
    if "anyOf" in base:
        note("dropped", "a second choice between alternatives stands beside the first")
        return base
    asked = without_words(base)
    if asked:
        choices = [merged(asked, flat(root, choice, note, seen), note) for choice in choices]
    return {**words_of(base), "anyOf": list(choices)}


def merged(one: Node, other: Node, note: Note) -> dict[str, Any]:
    """What fits both; where that cannot be written, what fits the first, and a note."""
    made = dict(one)
    for keyword, value in other.items():
        if keyword not in made:
            made[keyword] = value
        elif keyword not in WORDS and made[keyword] != value:
            made[keyword] = _both(keyword, made[keyword], value, note)
    return made


def _both(keyword: str, one: Any, other: Any, note: Note) -> Any:
    """What fits the keyword with *one* value and with the *other*."""
    if keyword in COMBINED:
        return COMBINED[keyword](one, other)
    note("dropped", f"{keyword} {json.dumps(other)[:80]} stands beside another one")
    return one


def _both_properties(one: Node, other: Node) -> dict[str, Any]:
    return {
        **one,
        **{name: {"allOf": [one[name], value]} if name in one else value for name, value in other.items()},
    }


def _both_types(one: Any, other: Any) -> Any:
    first, second = types_of({"type": one}), types_of({"type": other})
    common = [kind for kind in first if kind in second or (kind == "integer" and "number" in second)]
    common += ["integer"] if "integer" in second and "number" in first and "integer" not in common else []
    return common[0] if len(common) == 1 else common or one


COMBINED: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(
        ("items", "additionalProperties"), lambda one, other: one and other and {"allOf": [one, other]}
    ),
    "required": lambda one, other: [*one, *(name for name in other if name not in one)],
    "enum": lambda one, other: [value for value in one if value in other],
    "type": _both_types,
    "properties": _both_properties,
}


def choices_of(node: Node, note: Note) -> list[Any]:
    """The alternatives of a flat *node*, each of one type; one alone where it has no union."""
    if "anyOf" in node:
        return list(node["anyOf"])
    if "enum" in node or "const" in node:
        return _choices_of_enum(node)
    kinds = types_of(node) or _assumed(node, note)
    if len(kinds) < 2:
        return [{**without_words(node), **({"type": kinds[0]} if kinds else {})}]
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    return [{**without_words(node), "type": kind} for kind in kinds]


def _choices_of_enum(node: Node) -> list[dict[str, Any]]:
    """One enum for each type of its values."""
    values = node.get("enum", [node.get("const")])
    kinds = types_of(node)
    by_kind: dict[str, list[Any]] = {}
    for value in values:
        kind = kind_of(value)
        if not kinds or kind in kinds or (kind == "integer" and "number" in kinds):
            by_kind.setdefault(kind, []).append(value)
    rest = {key: value for key, value in without_words(node).items() if key not in ("enum", "const")}
    return [NULL if kind == "null" else {**rest, "type": kind, "enum": found} for kind, found in by_kind.items()]


def _assumed(node: Node, note: Note) -> list[str]:
    """The type that a schema without one means, by its keywords; none where nothing tells."""
    for kind, keywords in TELLING.items():
        if any(keyword in node for keyword in keywords):
            note("type_assumed", f"it names no type and is taken for {kind!r}")
            return [kind]
    return []


def flat_root(schema: Node, note: Note) -> dict[str, Any]:
    """*schema* without a choice at its root: the properties of all alternatives, none of them required alone."""
    made = flat(schema, schema, note)
    if "anyOf" in made:
        note("root_union", "alternatives at the top cannot be said: it takes the properties of all of them")
        branches = [flat(schema, branch, note) for branch in made.pop("anyOf")]
        made |= _joined(branches)
    made = {"type": "object", **made, "properties": made.get("properties", {})}
    return {**made, "$defs": schema["$defs"]} if "$defs" in schema else made


def _joined(branches: list[dict[str, Any]]) -> dict[str, Any]:
    """One object that takes what any of *branches* takes."""
    properties: dict[str, list[Any]] = {}
    for branch in branches:
        for name, value in branch.get("properties", {}).items():
            properties.setdefault(name, [])
            if value not in properties[name]:
                properties[name].append(value)
    required = set.intersection(*(set(branch.get("required", ())) for branch in branches))
    closed = all(branch.get("additionalProperties") is False for branch in branches)
    return {
        "properties": {name: one[0] if len(one) == 1 else {"anyOf": one} for name, one in properties.items()},
        **({"required": sorted(required)} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }
