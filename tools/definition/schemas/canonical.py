"""A JSON Schema of either draft as one of 2020-12 whose references are all ``#`` or ``#/$defs/name``.

Nothing is ever fetched: a reference that leads outside of the schema is a fault.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tools.definition.schemas.keywords import IN_PLACE, Path, children, descendants, rebuilt
from tools.definition.schemas.places import resolve

DRAFT_7_ONLY = frozenset({"definitions", "dependencies", "additionalItems"})
WORDS = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"})
ROOT = "the root"
# Where true and false say whether there may be more; elsewhere they are written as schemas.
MAY_BE_BOOLEAN = frozenset(
    {("additionalProperties",), ("items",), ("unevaluatedItems",), ("unevaluatedProperties",)}
)
MAX_IN_PLACE = 1000  # schemas that speak of one value
ELSEWHERE = ("$dynamicRef", "$recursiveRef")
WORDS_OF_PLACE = frozenset(
    {"$schema", "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions", "$comment", "nullable"}
)


def is_draft_7(schema: Mapping[str, Any]) -> bool:
    """Whether *schema* says that it is of draft 7, or is written in its words without saying."""
    if "$schema" in schema:
        return "draft-07" in str(schema["$schema"])
    return not DRAFT_7_ONLY.isdisjoint(schema) or any(
        isinstance(node, Mapping) and not DRAFT_7_ONLY.isdisjoint(node)
        for _, node in descendants(modern(schema, keep=True))
    )


def modern(node: Any, *, keep: bool = False) -> Any:
    """*node* with draft 7's keywords in the words of 2020-12; with *keep* only where the walk needs it."""
    if not isinstance(node, Mapping):
        return node
    made = dict(node)
    if "$ref" in made and not keep:
        # In draft 7 a reference's neighbours do not count; nullable is of neither draft.
        made = {key: made[key] for key in ("$ref", "nullable") if key in made}
    if isinstance(made.get("items"), list):
        rest = {("additionalItems" if keep else "items"): made.get("additionalItems", True)}
        made = {
            **{key: value for key, value in made.items() if key != "items"},
            **rest,
            "prefixItems": made["items"],
        }
    if not keep:
        made.pop("additionalItems", None)
        made.update(_dependents(made.pop("dependencies", None)))
        made.pop("definitions", None)
    return rebuilt(made, lambda child, step: modern(child, keep=keep))


def _dependents(dependencies: Any) -> dict[str, Any]:
    if not dependencies:
        return {}
    names = {name: value for name, value in dependencies.items() if isinstance(value, list)}
    schemas = {name: value for name, value in dependencies.items() if not isinstance(value, list)}
    made = {"dependentRequired": names, "dependentSchemas": schemas}
    return {keyword: value for keyword, value in made.items() if value}


def or_null(made: Mapping[str, Any]) -> dict[str, Any]:
    """*made*, or null: a value that is null fits whatever else *made* asks for."""
    words = {key: value for key, value in made.items() if key in WORDS}
    rest = {key: value for key, value in made.items() if key not in WORDS}
    simple = isinstance(rest.get("type"), str | list) and not {"enum", "const", *IN_PLACE, "$ref"} & rest.keys()
    if not simple:
        return {"anyOf": [rest, {"type": "null"}], **words}
    kinds = [rest["type"]] if isinstance(rest["type"], str) else rest["type"]
    return {**made, "type": list(dict.fromkeys([*kinds, "null"]))}


class Canonical:
    """Builds the one form of *schema*; ``faults`` has what cannot be, each with its path."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.faults: list[str] = []
        self._old = is_draft_7(schema)
        self._given = schema
        self._id = str(schema.get("$id", ""))
        self._anchors = dict(_anchors(schema))
        self._names: dict[str, str] = {}
        self._defs: dict[str, Any] = {}
        root = self._part(schema, ())
        if set(root) - {"$defs"} == {"$ref"} and root["$ref"] != "#":
            root = dict(self._defs[root["$ref"].removeprefix("#/$defs/")])  # a root that only points
        self.schema: dict[str, Any] = {**root, "$defs": self._defs} if self._defs else root
        self.faults += _endless(self.schema)

    def _part(self, part: Any, path: Path) -> Any:
        return self._local(modern(part) if self._old else part, path)

    def _local(self, node: Any, path: Path) -> Any:
        """*node* with its references made local, and the schemas that they lead to put into ``$defs``."""
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        if not isinstance(node, Mapping):
            return node
        where = ".".join(path) or ROOT
        for keyword in ELSEWHERE:
            if keyword in node:
                self.faults.append(f"{where}: {keyword} is not supported: use $ref")
        if path and "/" in str(node.get("$id", "")):
            self.faults.append(f"{where}: a nested $id is not supported: put that schema into $defs")
        kept = {key: value for key, value in node.items() if key not in WORDS_OF_PLACE}
        if "$ref" in kept:
            kept["$ref"] = self._pointer(str(kept["$ref"]), where)
        made = rebuilt(kept, lambda child, step: self._child(child, path, step))
        return self._nullable(made, node.get("nullable", False), where)

    def _child(self, child: Any, path: Path, step: Path) -> Any:
        if isinstance(child, bool) and step in MAY_BE_BOOLEAN:
            return child
        return self._local(child, path + step)

    def _nullable(self, made: dict[str, Any], nullable: Any, where: str) -> dict[str, Any]:
        """OpenAPI's ``nullable`` in the words of 2020-12; a validator of JSON Schema passes it over."""
        if not isinstance(nullable, bool):
            self.faults.append(f"{where}: nullable must be true or false, not {nullable!r}")
        elif nullable and where == ROOT:
            self.faults.append(f"{ROOT}: arguments cannot be null: take nullable out")
        return or_null(made) if nullable is True else made

    def _pointer(self, reference: str, where: str) -> str:
        pointer = unquote(reference.removeprefix(self._id) if self._id else reference) or "#"
        pointer = self._anchors.get(pointer, pointer)
        if not pointer.startswith("#"):
            self.faults.append(f"{where}: $ref {reference!r} leads outside of the schema: put it into $defs")
            return "#"
        if pointer == "#":
            return "#"
        if pointer not in self._names:
            try:
                target = resolve(self._given, _as_pointer(pointer))
            except (LookupError, ValueError, TypeError):
                self.faults.append(f"{where}: $ref {reference!r} leads nowhere")
                return "#"
            name = self._names[pointer] = self._free(pointer)
            self._defs[name] = {}  # taken, before a reference inside it asks for it
            self._defs[name] = self._part(target, ("$defs", name))
        return f"#/$defs/{self._names[pointer]}"

    def _free(self, pointer: str) -> str:
        name = (
            "".join(sign if sign.isalnum() or sign in "_-" else "_" for sign in pointer.rsplit("/", 1)[-1])
            or "ref"
        )
        while name in self._names.values():
            name += "_"
        return name


def _as_pointer(fragment: str) -> str:
    if not fragment.startswith("#/"):
        raise LookupError("an anchor that nothing has")
    return fragment


def _anchors(schema: Any) -> list[tuple[str, str]]:
    """Anchors (``#name``) and where they are."""
    found = []
    for root in ("$defs", "definitions"):
        for name, node in dict(schema.get(root, {})).items():
            for path, inner in descendants(node):
                anchor = isinstance(inner, Mapping) and _anchor(inner)
                if anchor and "/" not in anchor:
                    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in (root, name, *path))
                    found.append((f"#{anchor.removeprefix('#')}", f"#/{pointer}"))
    return found


def _anchor(node: Mapping[str, Any]) -> str:
    return str(node.get("$anchor") or node.get("$dynamicAnchor") or node.get("$id", ""))


def _endless(schema: dict[str, Any]) -> list[str]:
    """References that come back to themselves without a step into the value, or multiply where they stand."""
    sizes: dict[str, int] = {}
    faults: list[str] = []

    def size(pointer: str, inside: tuple[str, ...]) -> int:
        if pointer in inside:
            faults.append(f"{pointer}: it refers to itself without end")
            return 0
        if pointer not in sizes:
            sizes[pointer] = size_of(resolve(schema, pointer), (*inside, pointer))
        return sizes[pointer]

    def size_of(node: Any, inside: tuple[str, ...]) -> int:
        if not isinstance(node, Mapping):
            return 1
        steps = sum(size_of(child, inside) for path, child in children(node) if path[0] in IN_PLACE)
        return 1 + steps + (size(str(node["$ref"]), inside) if "$ref" in node else 0)

    for pointer in ("#", *(f"#/$defs/{name}" for name in schema.get("$defs", {}))):
        if size(pointer, ()) > MAX_IN_PLACE and not faults:
            faults.append(f"{pointer}: its references multiply to more than {MAX_IN_PLACE} alternatives")
    return list(dict.fromkeys(faults))
