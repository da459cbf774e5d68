"""Finding a place of a payload in its JSON Schema, and the other way round."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Place = Sequence[str | int]


def resolve(schema: Mapping[str, Any], pointer: str) -> Any:
    """What the local *pointer* (``#/$defs/Item``) leads to. Raises LookupError where there is nothing."""
    node: Any = schema
    for part in pointer.removeprefix("#").removeprefix("/").split("/") if pointer not in ("#", "#/") else ():
        name = part.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


def nodes_at(schema: Mapping[str, Any], place: Place) -> list[Mapping[str, Any]]:
    """The parts of *schema* that speak of *place*. A validator may name branches of unions in it too."""
    nodes = list(branches(schema, schema))
    for part in place:
        # A part that leads nowhere names a branch of a union.
        nodes = [
            branch for node in nodes for step in _steps(node, part) for branch in branches(schema, step)
        ] or nodes
    return nodes


def names_at(schema: Mapping[str, Any], place: Place) -> set[str]:
    """The property names of the object at *place*."""
    return {name for node in nodes_at(schema, place) for name in node.get("properties", {})}


def is_optional(schema: Mapping[str, Any], place: Place) -> bool:
    """Whether the property at *place* may be left out."""
    *parents, name = place
    return any(
        name in node.get("properties", {}) and name not in node.get("required", ())
        for node in nodes_at(schema, parents)
    )


def real_place(payload: Any, place: Place) -> list[str | int]:
    """*place* without the names of unions' branches, as far as it leads in *payload*."""
    found: list[str | int] = []
    for part in place:
        known = (
            range(len(payload)) if isinstance(payload, list) else payload if isinstance(payload, Mapping) else ()
        )
        if part in known:
            payload = payload[part]
            found.append(part)
    return found


def at(payload: Any, place: Place) -> Any:
    """The value at a real *place* of *payload*."""
    for part in place:
        payload = payload[part]
    return payload


def branches(
    schema: Mapping[str, Any], node: Any, seen: frozenset[str] = frozenset()
) -> Iterator[Mapping[str, Any]]:
    """*node*, its references followed and its alternatives laid out."""
    if not isinstance(node, Mapping):
        return
    pointer = node.get("$ref")
    if isinstance(pointer, str) and pointer not in seen:
        yield from branches(schema, resolve(schema, pointer), seen | {pointer})
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from branches(schema, choice, seen)
    for keyword in ("then", "else"):
        yield from branches(schema, node.get(keyword), seen)
    yield node


def _steps(node: Mapping[str, Any], part: str | int) -> list[Any]:
    if isinstance(part, int):
        items = node.get("prefixItems", ())
        return [items[part]] if part < len(items) else [node.get("items")]
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    return [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
