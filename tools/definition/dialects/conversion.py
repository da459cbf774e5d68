"""The walk through a schema that OpenAI's and Gemini's dialects share; each says how its own nodes look."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.definition.dialects.base import Back, Notes
from tools.definition.dialects.sentences import in_words
from tools.definition.dialects.shapes import Note, choices_of, flat, words_of

# Said to people, or about the schema itself: nothing is lost with these.
SILENT = frozenset({"type", "$defs", "$schema", "discriminator", "deprecated", "readOnly", "writeOnly", "example"})
# What every dialect's objects and arrays deal with themselves.
OBJECT = frozenset({"properties", "required", "additionalProperties", "patternProperties"})
ARRAY = frozenset({"items", "prefixItems", "minItems", "maxItems"})
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A converted schema, the way back of its values and their way there (None: they stay as they are)."""

    schema: dict[str, Any]
    back: Back | None = None
    there: Back | None = None


class Conversion(ABC):
    """Converts the schema *root* of one tool."""

    # The keywords that the dialect has for each type; what else a schema asks for is said in words.
    keywords: Mapping[str, frozenset[str]]

    def __init__(self, root: Mapping[str, Any], notes: Notes) -> None:
        self.root = root
        self.notes = notes

    def convert(self, node: Any, path: Path) -> Piece:
        """*node*, which stands at *path*."""
        note = self.note(path)
        plain = flat(self.root, node, note)
        words = words_of(plain)
        choices = choices_of(plain, note)
        if len(choices) == 1:
            only = choices[0]
            if not ("enum" in only or isinstance(only.get("type"), str)):
                # A branch of a union of one, or nothing that tells a type.
                return self.convert({**words, **only}, path) if "anyOf" in plain else self.anything(words, path)
            return self.typed(only, words, path)
        if "oneOf" in node and "discriminator" not in node:
            note("dropped", "exactly one of its alternatives is asked for: here more than one may fit")
        return self.union(choices, words, path)

    def typed(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece:
        """A node of one type."""
        kind = node["type"]
        if kind == "null":
            return self.null(words)
        if kind == "object":
            return self.object(node, words, path)
        if kind == "array":
            return self.array(node, words, path)
        return self.scalar(node, words, path)

    def note(self, path: Path) -> Note:
        """What adds a warning about *path*."""
        return lambda kind, message: self.notes.add(kind, path, message)

    def can_say(self, kind: str, keyword: str, value: Any) -> bool:
        """Whether the dialect has *keyword* with that value for a schema of the type *kind*."""
        return keyword in self.keywords.get(kind, ())

    def kept(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords of *node* that the dialect has too."""
        return {key: value for key, value in node.items() if self.can_say(node["type"], key, value)}

    def left_out(self, node: Mapping[str, Any], path: Path, handled: frozenset[str] = frozenset()) -> str:
        """In words what *node* asks for and the dialect cannot say, of which a warning is kept."""
        lost = [
            key
            for key, value in node.items()
            if key not in handled | SILENT
            and value not in (False, None)
            and not self.can_say(node["type"], key, value)
        ]
        for key in lost:
            self.notes.add("dropped", path, f"{key} cannot be said, and stands in the description")
        return in_words(node, lost)

    def items_of(self, node: Mapping[str, Any], path: Path) -> tuple[Any, dict[str, Any]]:
        """What fits any item of the array *node*, whatever its place, and the bounds of its length."""
        bounds = {key: node[key] for key in ("minItems", "maxItems") if key in node}
        places = node.get("prefixItems")
        if not places:
            return node.get("items", True), bounds
        self.notes.add(
            "tuple", path, "which item stands at which place cannot be said: every place takes any of them"
        )
        rest = node.get("items", True)
        if rest is False:
            bounds["maxItems"] = min(bounds.get("maxItems", len(places)), len(places))
        return {"anyOf": [*unlike(places), *([rest] if rest is not False else [])]}, bounds

    @abstractmethod
    def anything(self, words: Mapping[str, Any], path: Path) -> Piece: ...

    @abstractmethod
    def null(self, words: Mapping[str, Any]) -> Piece: ...

    @abstractmethod
    def object(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece: ...

    @abstractmethod
    def array(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece: ...

    @abstractmethod
    def scalar(self, node: Mapping[str, Any], words: Mapping[str, Any], path: Path) -> Piece: ...

    @abstractmethod
    def union(self, choices: list[Any], words: Mapping[str, Any], path: Path) -> Piece: ...


def unlike(schemas: list[Any]) -> list[Any]:
    """*schemas*, each once."""
    return [one for place, one in enumerate(schemas) if one not in schemas[:place]]


def each_item(back: Back | None) -> Back | None:
    """The way back of a list whose items have *back*."""
    if back is None:
        return None
    return lambda value: [back(item) for item in value] if isinstance(value, list) else value


def is_open(node: Mapping[str, Any]) -> bool:
    """Whether an object takes properties that are not named, and is meant to."""
    more = node.get("additionalProperties")
    return bool(
        node.get("patternProperties")
        or more is True
        or isinstance(more, Mapping)
        or (more is None and not node.get("properties"))
    )
