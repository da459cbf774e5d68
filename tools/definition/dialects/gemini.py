"""Gemini's function declarations: the part of OpenAPI 3.0 that its ``Schema`` has.

No references, so definitions are written out where they are used; ``nullable`` instead of null; enums of texts
only. What its objects cannot hold (names that nobody knows, any value, recursion) is asked for as JSON text.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tools.definition.dialects.base import Back, Exported, Notes, unchanged
from tools.definition.dialects.conversion import ARRAY, OBJECT, Conversion, Path, Piece, each_item, is_open, unlike
from tools.definition.dialects.names import NameMap
from tools.definition.dialects.sentences import described
from tools.definition.dialects.shapes import flat_root, without_words, words_of
from tools.definition.schemas.places import resolve
from tools.definition.tool import ToolDefinition

PROPERTY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
FORMATS = {
    "string": {"date-time"},
    "integer": {"int32", "int64"},
    "number": {"float", "double"},
}
MAX_NODES = 2000  # written out; references to references could double at every step
MAX_SCHEMA_CHARS = 400  # of a schema that is shown as a text


class Gemini:
    """``{"name", "description", "parameters"}``."""

    names = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")

    def tool(self, definition: ToolDefinition[..., Any], name: str, description: str, notes: Notes) -> Exported:
        declaration: dict[str, Any] = {"name": name, "description": description}
        piece = OpenApi(definition.schema.parameters, notes).root_object()
        if piece.schema.get("properties"):  # an object without properties is refused
            declaration["parameters"] = piece.schema
        return Exported(declaration, piece.back or unchanged, piece.there or unchanged)


class OpenApi(Conversion):
    keywords = {
        "string": frozenset({"enum", "format", "pattern", "minLength", "maxLength"}),
        "integer": frozenset({"minimum", "maximum", "format"}),
        "number": frozenset({"minimum", "maximum", "format"}),
        "array": frozenset({"minItems", "maxItems"}),
    }

    def __init__(self, root: Mapping[str, Any], notes: Notes) -> None:
        super().__init__(flat_root(root, lambda kind, message: notes.add(kind, (), message)), notes)
        self._inside: list[str] = []
        self._nodes = 0

    def root_object(self) -> Piece:
        root = {key: value for key, value in self.root.items() if key != "$defs"}
        if not root["properties"]:
            return Piece({})
        self._inside = ["#"]
        return self.object(without_words({**root, "additionalProperties": False}), words_of(root), ())

    def convert(self, node: Any, path: Path) -> Piece:
        self._nodes += 1
        if not isinstance(node, Mapping) or "$ref" not in node:
            return super().convert(node, path)
        pointer = node["$ref"]
        if pointer in self._inside or self._nodes > MAX_NODES:
            why = "recursive" if pointer in self._inside else "too_large"
            shown = {**words_of(resolve(self.root, pointer)), **words_of(node)}
            return self.text(resolve(self.root, pointer), shown, path, why)
        self._inside.append(pointer)
        try:
            return super().convert(node, path)
        finally:
            self._inside.pop()

    def text(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path, kind: str) -> Piece:
        """A value that Gemini has no schema for, as JSON text."""
        self.notes.add(kind, path, "Gemini has no schema for it: it is asked for as JSON text, and decoded again")
        shown = json.dumps(without_words(node), ensure_ascii=False)
        fitting = f" that fits {shown}" if 2 < len(shown) <= MAX_SCHEMA_CHARS else ""
        return Piece({"type": "STRING", **described(words, f"JSON text of a value{fitting}.")}, decoded, as_text)

    def anything(self, words: Mapping[str, Any], path: Path) -> Piece:
        return self.text({}, words, path, "any_value")

    def null(self, words: Mapping[str, Any]) -> Piece:
        return Piece({"type": "STRING", "nullable": True, **described(words, "Always null.")})

    def can_say(self, kind: str, keyword: str, value: Any) -> bool:
        if keyword == "format":
            return value in FORMATS.get(kind, ())
        if keyword == "enum" and "" in value:
            return False
        return super().can_say(kind, keyword, value)

    def scalar(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        node = whole_bounds(node) if node["type"] == "integer" else node
        made = {"type": node["type"].upper(), **self.kept(node), **described(words, self.left_out(node, path))}
        return Piece({**made, "format": "enum"} if "enum" in made else made)

    def array(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        items, bounds = self.items_of(node, path)
        piece = self.convert(items, (*path, "items"))
        more = self.left_out(node, path, ARRAY)
        made = {"type": "ARRAY", "items": piece.schema, **bounds, **described(words, more)}
        return Piece(made, each_item(piece.back), each_item(piece.there))

    def object(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        if is_open(node) or not node.get("properties"):
            return self.text(node, words, path, "open_object")
        if node.get("additionalProperties") is None:
            self.notes.add("closed", path, "no other property can be sent: say so by additionalProperties: false")
        names = NameMap(node["properties"], PROPERTY)
        required = [names.exported(name) for name in node.get("required", ()) if name in node["properties"]]
        properties, backs, theres = {}, {}, {}
        for name, value in node["properties"].items():
            place = (*path, "properties", name)
            exported = names.exported(name)
            if exported != name:
                self.notes.add("renamed", place, f"it is called {exported!r}, as Gemini refuses its name")
            piece = self.convert(value if exported in required else without_empty(value), place)
            properties[exported] = piece.schema
            if piece.back:
                backs[exported] = piece.back
            if piece.there:
                theres[name] = piece.there
        made = {
            "type": "OBJECT",
            "properties": properties,
            **({"required": required} if required else {}),
            **described(words, self.left_out(node, path, OBJECT)),
        }
        if all(exported == ours for exported, ours in names.items()) and not backs:
            return Piece(made)
        return Piece(made, object_by(backs, names.ours), object_by(theres, names.there))

    def union(self, choices: list[Any], words: Mapping[str, Any], path: Path) -> Piece:
        real = [choice for choice in choices if not (isinstance(choice, Mapping) and choice.get("type") == "null")]
        pieces = [self.convert(choice, (*path, "anyOf", str(place))) for place, choice in enumerate(real)]
        nullable = {"nullable": True} if len(real) < len(choices) else {}
        if len(pieces) > 1 and any(piece.back for piece in pieces):
            # Nobody could tell a text from a value that is sent as one.
            piece = self.text({"anyOf": real}, words, path, "ambiguous")
            return Piece({**piece.schema, **nullable}, piece.back, piece.there)
        if not pieces:
            return self.null(words)
        if len(pieces) == 1:
            own = pieces[0].schema
            made = {**own, **nullable, **described({**words_of(own), **words})}
            return Piece(made, pieces[0].back, pieces[0].there)
        return Piece({"anyOf": unlike([piece.schema for piece in pieces]), **nullable, **described(words)})


def as_text(value: Any) -> str:
    """The JSON text that *value* was asked for as."""
    return json.dumps(value, ensure_ascii=False)


def decoded(value: Any) -> Any:
    """The value that a JSON text holds; what is none stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def whole_bounds(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """An integer's exclusive bounds as inclusive ones, which mean the same."""
    made = dict(node)
    if isinstance(low := made.get("exclusiveMinimum"), int):
        made["minimum"] = max(low + 1, made.get("minimum", low + 1))
        del made["exclusiveMinimum"]
    if isinstance(high := made.get("exclusiveMaximum"), int):
        made["maximum"] = min(high - 1, made.get("maximum", high - 1))
        del made["exclusiveMaximum"]
    return made


def without_empty(value: Any) -> Any:
    """An optional choice whose default is the empty text, which Gemini refuses: leaving it out means that."""
    if isinstance(value, Mapping) and value.get("default") == "" and "" in value.get("enum", ()):
        return {**value, "enum": [one for one in value["enum"] if one != ""]}
    return value


def object_by(ways: Mapping[str, Back], name_of: Callable[[str], str]) -> Back:
    """Properties under the names that *name_of* has for theirs, each gone its way."""

    def way(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name_of(name): ways[name](one) if name in ways else one for name, one in value.items()}

    return way
