"""A JSON Schema of either draft as one of 2020-12 whose references are all ``#`` or ``#/$defs/name``.

Nothing is ever fetched: a reference that leads outside of the schema is a fault.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tools.schemas.keywords import IN_PLACE, Path, children, descendants, rebuilt
from tools.schemas.places import resolve

DRAFT_7_ONLY = frozenset({"definitions", "dependencies", "additionalItems"})
MAX_IN_PLACE = 1000  # schemas that speak of one value
ELSEWHERE = ("$dynamicRef", "$recursiveRef")


def is_draft_7(schema: Mapping[str, Any]) -> bool:
    """Whether *schema* says that it is of draft 7, or is written in its words without saying."""
    if "$schema" in schema:
        return "draft-07" in str(schema["$schema"])
    return not DRAFT_7_ONLY.isdisjoint(schema) or any(
        isinstance(node, Mapping) and (isinstance(node.get("items"), list) or not DRAFT_7_ONLY.isdisjoint(node))
        for _, node in descendants(modern(schema, keep=True))
    )


def modern(node: Any, *, keep: bool = False) -> Any:
    """*node* with draft 7's keywords in the words of 2020-12; with *keep* only where the walk needs it."""
    if not isinstance(node, Mapping):
        return node
    made = dict(node)
    if "$ref" in made and not keep:
        made = {"$ref": made["$ref"]}  # in draft 7 a reference's neighbours do not count
    if isinstance(made.get("items"), list):
        rest = {} if keep else {"items": made.get("additionalItems", True)}
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
        if not isinstance(node, Mapping):
            return node
        where = ".".join(path) or "the root"
        for keyword in ELSEWHERE:
            if keyword in node:
                self.faults.append(f"{where}: {keyword} is not supported: use $ref")
        if path and "/" in str(node.get("$id", "")):
            self.faults.append(f"{where}: a nested $id is not supported: put that schema into $defs")
        kept = {
            key: value
            for key, value in node.items()
            if key not in ("$schema", "$id", "$anchor", "$defs", "definitions", "$comment")
        }
        if "$ref" in kept:
            kept["$ref"] = self._pointer(str(kept["$ref"]), where)
        return rebuilt(kept, lambda child, step: self._local(child, path + step))

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
                target = resolve(self._given, pointer)
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


def _anchors(schema: Any) -> list[tuple[str, str]]:
    """Anchors (``#name``) and where they are."""
    found = []
    for root in ("$defs", "definitions"):
        for name, node in dict(schema.get(root, {})).items():
            for path, inner in descendants(node):
                anchor = isinstance(inner, Mapping) and (inner.get("$anchor") or str(inner.get("$id", "")))
                if anchor and "/" not in anchor:
                    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in (root, name, *path))
                    found.append((f"#{anchor.removeprefix('#')}", f"#/{pointer}"))
    return found


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
