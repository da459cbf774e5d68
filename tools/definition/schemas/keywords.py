"""Which keywords of JSON Schema hold schemas, so that nothing else (a default, an enum) is taken for one."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

ONE = frozenset(
    {
        *("additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames"),
        *("unevaluatedItems", "unevaluatedProperties"),
    }
)
SEVERAL = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
# Those that speak of the same value as the schema that holds them.
IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
Path = tuple[str, ...]


def children(node: Any) -> Iterator[tuple[Path, Any]]:
    """The schemas directly inside *node*, each with its path."""
    if not isinstance(node, Mapping):
        return
    for keyword, value in node.items():
        if keyword in ONE:
            yield (keyword,), value
        elif keyword in SEVERAL:
            yield from (((keyword, str(place)), one) for place, one in enumerate(value))
        elif keyword in NAMED:
            yield from (((keyword, name), one) for name, one in value.items())


def descendants(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """*node* and every schema inside it, each with its path."""
    yield path, node
    for step, child in children(node):
        yield from descendants(child, path + step)


def rebuilt(node: Any, change: Callable[[Any, Path], Any]) -> Any:
    """A copy of *node* with each schema directly inside it replaced by what *change* makes of it and its path."""
    if not isinstance(node, Mapping):
        return node
    made: dict[str, Any] = {}
    for keyword, value in node.items():
        if keyword in ONE:
            made[keyword] = change(value, (keyword,))
        elif keyword in SEVERAL:
            made[keyword] = [change(one, (keyword, str(place))) for place, one in enumerate(value)]
        elif keyword in NAMED:
            made[keyword] = {name: change(one, (keyword, name)) for name, one in value.items()}
        else:
            made[keyword] = value
    return made
