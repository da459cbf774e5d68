"""OpenAI's strict function schemas: every property required, every object closed, few keywords.

The rules are those of the guide on structured outputs. A tool that takes properties nobody named, or any value,
cannot be strict; it is exported with ``strict: false``, where any JSON Schema may stand, and a warning.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from tools.definition.dialects.base import Back, Exported, Notes, unchanged
from tools.definition.dialects.conversion import ARRAY, OBJECT, Conversion, Path, Piece, each_item, is_open, unlike
from tools.definition.dialects.sentences import described
from tools.definition.dialects.shapes import NULL, flat_root, without_words, words_of
from tools.definition.schemas.checking import find_errors, make_validator
from tools.definition.schemas.keywords import descendants
from tools.definition.schemas.places import resolve
from tools.definition.tool import ToolDefinition

FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
MAX_PROPERTIES, MAX_DEPTH, MAX_ENUM_VALUES, MAX_NAME_CHARS = 5000, 10, 1000, 120_000
MAX_COPIES = 200
# Patterns with these are refused; what they ask for stands in the description.
LOOK_AROUND = re.compile(r"\(\?[=!<]|\\[1-9]")


class NotStrict(Exception):
    """The tool cannot be strict: where and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


class OpenAI:
    """``{"type": "function", "function": {…}}``, strict wherever that loses nothing."""

    names = re.compile(r"[a-zA-Z0-9_-]{1,64}")

    def tool(self, definition: ToolDefinition[..., Any], name: str, description: str, notes: Notes) -> Exported:
        parameters = definition.schema.parameters
        tried = Notes(notes.tool)
        try:
            made, back = Strict(parameters, tried).root_object()
            strict = True
            notes.warnings += tried.warnings
        except NotStrict as error:
            notes.add("not_strict", error.path, f"it cannot be strict: {error}")
            made, back, strict = loose(parameters, notes), unchanged, False
        function = {"name": name, "description": description, "parameters": made, "strict": strict}
        return Exported({"type": "function", "function": function}, back)


def loose(parameters: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """*parameters* as a tool that is not strict may have them: no choice at the root, items of every list."""
    made = flat_root(parameters, lambda kind, message: notes.add(kind, (), message))
    for _, node in descendants(made):
        if isinstance(node, dict) and node.get("type") == "array":
            node.setdefault("items", {})
    return made


class Strict(Conversion):
    keywords = {
        "string": frozenset({"enum", "pattern", "format"}),
        "integer": frozenset({"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
        "number": frozenset({"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
        "boolean": frozenset({"enum"}),
        "array": frozenset({"minItems", "maxItems"}),
    }

    def __init__(self, root: Mapping[str, Any], notes: Notes) -> None:
        super().__init__(flat_root(root, lambda kind, message: notes.add(kind, (), message)), notes)
        self._copies = 0
        self._defs: dict[str, dict[str, Any]] = {}
        self._backs: dict[str, Back | None] = {}

    def root_object(self) -> tuple[dict[str, Any], Back]:
        """The parameters and their way back. Raises NotStrict."""
        root = {key: value for key, value in self.root.items() if key != "$defs"}
        if not root["properties"]:
            root.setdefault("additionalProperties", False)  # a tool without arguments
        piece = self.object(without_words(root), words_of(root), ())
        made = {**piece.schema, **({"$defs": self._defs} if self._defs else {})}
        check_limits(made)
        self._backs["#"] = piece.back
        return made, piece.back or unchanged

    def convert(self, node: Any, path: Path) -> Piece:
        if isinstance(node, Mapping) and "$ref" in node and without_words(node).keys() == {"$ref"}:
            return self._reference(node, path)
        return super().convert(node, path)

    def _reference(self, node: Mapping[str, Any], path: Path) -> Piece:
        """A reference has no neighbours: one with words of its own becomes a copy, unless it is recursive."""
        pointer = node["$ref"]
        name = pointer.removeprefix("#/$defs/")
        target = resolve(self.root, pointer)
        if pointer != "#" and name not in self._defs:
            self._defs[name] = {}  # taken, before a reference inside it asks for it
            piece = super().convert(target, ("$defs", name))
            self._defs[name].update(piece.schema)
            self._backs[name] = piece.back
        made = {"$ref": pointer}
        if words_of(node):
            self._copies += 1  # of copies: they could double at every step
            if self._copies <= MAX_COPIES and not self._is_recursive(pointer):
                return super().convert({**node, "$ref": pointer}, path)
            self.notes.add("words_dropped", path, "this reference cannot have a description of its own")
        return Piece(made, partial(self._go_back, name))

    def _go_back(self, name: str, value: Any) -> Any:
        """The way back of the definition *name*, which is known only once all of it is converted."""
        return (self._backs.get(name) or unchanged)(value)

    def _is_recursive(self, pointer: str) -> bool:
        seen: set[str] = set()
        waiting = [pointer]
        while waiting:
            for _, node in descendants(resolve(self.root, waiting.pop())):
                inner = node.get("$ref") if isinstance(node, Mapping) else None
                if inner == pointer:
                    return True
                if inner and inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
        return pointer == "#"

    def anything(self, words: Mapping[str, Any], path: Path) -> Piece:
        raise NotStrict(path, "any value fits here, and each has to have a type")

    def null(self, words: Mapping[str, Any]) -> Piece:
        return Piece({**NULL, **described(words)})

    def can_say(self, kind: str, keyword: str, value: Any) -> bool:
        if keyword == "format" and value not in FORMATS:
            return False
        if keyword == "pattern" and LOOK_AROUND.search(value):
            return False
        return super().can_say(kind, keyword, value)

    def scalar(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        return Piece({"type": node["type"], **self.kept(node), **described(words, self.left_out(node, path))})

    def array(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        items, bounds = self.items_of(node, path)
        piece = self.convert(items, (*path, "items"))
        more = self.left_out(node, path, ARRAY)
        return Piece(
            {"type": "array", "items": piece.schema, **bounds, **described(words, more)}, each_item(piece.back)
        )

    def object(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        if is_open(node):
            raise NotStrict(path, "it takes properties that nobody named")
        if node.get("additionalProperties") is None:
            self.notes.add("closed", path, "no other property can be sent: say so by additionalProperties: false")
        properties, backs, absent = {}, {}, set()
        for name, value in node.get("properties", {}).items():
            place = (*path, "properties", name)
            piece = self.convert(value, place)
            optional = name not in node.get("required", ())
            takes_null = self._takes_null(value)
            if piece.back:
                backs[name] = piece.back
            if optional and not takes_null:
                absent.add(name)
            elif optional and "default" not in value:
                # Null may be an order here (clear this field), which must never be made of "not given".
                raise NotStrict(place, "null and left out mean two things here, and strict tools only have null")
            properties[name] = nullable(piece.schema) if name in absent else piece.schema
        made = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
            **described(words, self.left_out(node, path, OBJECT)),
        }
        return Piece(made, back_of_object(backs, absent))

    def _takes_null(self, node: Any) -> bool:
        schema = {**node, "$defs": self.root.get("$defs", {})} if isinstance(node, Mapping) else node
        return not find_errors(make_validator(schema), None)

    def union(self, choices: list[Any], words: Mapping[str, Any], path: Path) -> Piece:
        pieces = [self.convert(choice, (*path, "anyOf", str(place))) for place, choice in enumerate(choices)]
        back = self._back_of_union(pieces) if any(piece.back for piece in pieces) else None
        return Piece({"anyOf": unlike([piece.schema for piece in pieces]), **described(words)}, back)

    def _back_of_union(self, pieces: list[Piece]) -> Back:
        """The way back of the first branch that a value fits."""

        def back(value: Any) -> Any:
            for piece in pieces:
                if not find_errors(make_validator({**piece.schema, "$defs": self._defs}), value):
                    return (piece.back or unchanged)(value)
            return value

        return back


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema*, which null does not fit, with null as another way to be."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], NULL]}
    if isinstance(schema.get("type"), str) and schema["type"] not in ("object", "array") and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    words = words_of(schema)
    return {"anyOf": [without_words(schema), NULL], **words}


def back_of_object(backs: Mapping[str, Back], absent: set[str]) -> Back | None:
    """Nulls of what may be *absent* taken out, the way back of each other property gone."""
    if not backs and not absent:
        return None

    def back(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {name: one for name, one in value.items() if one is not None or name not in absent}
        return {name: backs[name](one) if name in backs else one for name, one in kept.items()}

    return back


def check_limits(schema: dict[str, Any]) -> None:
    """Raises NotStrict for a schema that is too large."""
    nodes = [(path, node) for path, node in descendants(schema) if isinstance(node, Mapping)]
    properties = [name for _, node in nodes for name in node.get("properties", {})]
    values = [str(value) for _, node in nodes for value in node.get("enum", ())]
    depth = max(path.count("properties") + path.count("items") for path, _ in nodes)
    for much, most, what in (
        (len(properties), MAX_PROPERTIES, "properties"),
        (len(values), MAX_ENUM_VALUES, "choices"),
        (sum(map(len, properties + values)), MAX_NAME_CHARS, "characters of names and choices"),
        (depth, MAX_DEPTH, "levels"),
    ):
        if much > most:
            raise NotStrict((), f"it has {much} {what}, and {most} are allowed")
