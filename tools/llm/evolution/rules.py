"""What a prompt is to say about an argument that goes wrong: a sentence out of the tool's own schema. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
MOST_CHOICES = 12
TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
BOUNDS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} of them"),
    ("maxItems", "at most {} of them"),
)


def rule(tool: str, parameters: Schema, field: str) -> str:
    """One sentence on *field* (``customer.name``) of *tool*; '' where the schema says nothing that would help."""
    place = at(parameters, field.split("."))
    if place is None:
        parent = field.split(".")[:-1]
        known = list(around(parameters, parent).get("properties", {}))
        return f"{tool} takes only {listed(known)}{inside(parent)}: give it no {field!r}." if known else ""
    needed = "always give" if is_required(parameters, field.split(".")) else "if you give"
    said = described(place)
    if not said:
        return f"Calling {tool}, always give {field!r}." if needed == "always give" else ""
    return f"Calling {tool}, {needed} {field!r}{' as' if needed == 'always give' else ', give'} {said}."


def at(schema: Schema, path: Sequence[str], root: Schema | None = None) -> Schema | None:
    """The schema of what lies at *path*; None where there is no such place."""
    root = root or schema
    schema = resolved(schema, root)
    if not path:
        return schema
    if path[0] in schema.get("properties", {}):
        return at(schema["properties"][path[0]], path[1:], root)
    return at(schema["items"], path, root) if "items" in schema else None


def resolved(schema: Schema, root: Schema) -> Schema:
    """*schema* as it is where it stands elsewhere, or is said to be that or null."""
    if isinstance(name := schema.get("$ref"), str) and name.startswith("#/$defs/"):
        return resolved(root.get("$defs", {}).get(name.removeprefix("#/$defs/"), {}), root)
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return resolved(choices[0], root) if len(choices) == 1 else schema


def is_required(schema: Schema, path: Sequence[str]) -> bool:
    return path[-1] in around(schema, path[:-1]).get("required", ())


def around(schema: Schema, path: Sequence[str]) -> Schema:
    """The object at *path*, or those of the list there."""
    found = at(schema, path) or {}
    return resolved(found["items"], schema) if "items" in found else found


def described(schema: Schema) -> str:
    """What a value is, in words."""
    if "const" in schema:
        return repr(schema["const"])
    if choices := schema.get("enum"):
        shown = ", ".join(repr(each) for each in choices[:MOST_CHOICES])
        return f"one of {shown}{' …' if len(choices) > MOST_CHOICES else ''}"
    kind = schema.get("type")
    words = [TYPES[kind]] if isinstance(kind, str) and kind in TYPES else []
    if pattern := schema.get("pattern"):
        words.append(f"that matches {pattern}")
    if form := schema.get("format"):
        words.append(f"in the format {form}")
    if bounds := [text.format(schema[name]) for name, text in BOUNDS if name in schema]:
        words.append("of " + " and ".join(bounds))
    if examples := schema.get("examples"):
        words.append(f"such as {examples[0]!r}")
    return " ".join(words)


def listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def inside(path: Sequence[str]) -> str:
    return f" in {'.'.join(path)!r}" if path else ""
