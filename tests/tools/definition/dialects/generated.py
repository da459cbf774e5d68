"""Schemas and signatures of every kind, each with the values that fit it, for hypothesis."""

import enum
import inspect
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

NAMES = st.sampled_from(["a", "b", "kind", "first-name", "x.y", "größe", "@id"])
TEXTS = st.text("ab1 ", max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SCALARS = [
    ({"type": "string"}, TEXTS),
    ({"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^a"}, st.sampled_from(["a", "ab"])),
    ({"type": "string", "format": "uri"}, st.just("https://example.com/a")),
    ({"type": "string", "pattern": "^(?!b)"}, st.just("a")),
    ({"enum": ["a", "b"]}, st.sampled_from(["a", "b"])),
    ({"enum": ["", "b"]}, st.sampled_from(["", "b"])),
    ({"enum": ["a", 1, None]}, st.sampled_from(["a", 1, None])),
    ({"const": "a"}, st.just("a")),
    ({"const": 7}, st.just(7)),
    ({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}, st.integers(1, 9)),
    ({"type": "integer", "multipleOf": 3}, st.sampled_from([0, 3, -6])),
    ({"type": "number", "exclusiveMaximum": 1}, st.sampled_from([0.5, -2.25, 0])),
    ({"type": "boolean"}, st.booleans()),
    ({"type": ["string", "integer"]}, TEXTS | st.integers(0, 5)),
    ({"type": ["boolean", "null"]}, st.booleans() | st.none()),
    ({"type": "null"}, st.none()),
    ({}, JSON),
    ({"$ref": "#/$defs/Tree"}, st.deferred(lambda: TREES)),
    ({"$ref": "#/$defs/Pair", "description": "Two."}, st.fixed_dictionaries({"l": TEXTS}, optional={"r": TEXTS})),
]
TREE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
TREES = st.deferred(
    lambda: st.fixed_dictionaries(
        {"name": TEXTS}, optional={"size": st.integers(0, 9), "kids": st.lists(TREES, max_size=2)}
    )
)
PAIR = {
    "allOf": [
        {"type": "object", "properties": {"l": {"type": "string"}}, "required": ["l"]},
        {"type": "object", "properties": {"r": {"type": "string"}, "l": {"maxLength": 9}}},
    ]
}


@st.composite
def objects(draw, inner):
    """A closed object with properties that are required, optional, or have a default."""
    properties, required, values = {}, [], {}
    for name in draw(st.lists(NAMES, unique=True, min_size=1, max_size=3)):
        schema, fitting = draw(inner)
        how = draw(st.sampled_from(["required", "optional", "default"]))
        if how == "default" and "$ref" not in schema:
            schema = {**schema, "default": draw(fitting)}
        if how == "required":
            required.append(name)
        properties[name] = schema
        values[name] = (fitting, how == "required")
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    needed = {name: fitting for name, (fitting, must) in values.items() if must}
    others = {name: fitting for name, (fitting, must) in values.items() if not must}
    return schema, st.fixed_dictionaries(needed, optional=others)


@st.composite
def composed(draw, inner):
    schema, fitting = draw(inner)
    kind = draw(st.sampled_from(["list", "tuple", "map", "nullable", "union", "union of objects"]))
    if kind == "list":
        return {"type": "array", "items": schema, "uniqueItems": False, "maxItems": 3}, st.lists(
            fitting, max_size=3
        )
    if kind == "tuple":
        pair = {"type": "array", "prefixItems": [schema, {"type": "integer"}], "minItems": 2, "items": False}
        return pair, st.tuples(fitting, st.integers(0, 9)).map(list)
    if kind == "map":
        return {"type": "object", "additionalProperties": schema}, st.dictionaries(TEXTS, fitting, max_size=2)
    if kind == "nullable":
        return {"anyOf": [schema, {"type": "null"}]}, fitting | st.none()
    if kind == "union":
        return {"anyOf": [{"type": "array", "items": schema}, {"type": "boolean"}]}, st.lists(
            fitting, max_size=2
        ) | st.booleans()
    tagged = [
        {
            "type": "object",
            "properties": {"tag": {"const": tag}, "v": schema},
            "required": ["tag"],
            "additionalProperties": False,
        }
        for tag in ("one", "two")
    ]
    values = st.fixed_dictionaries({"tag": st.sampled_from(["one", "two"])}, optional={"v": fitting})
    return {"oneOf": tagged}, values


ANY = st.recursive(st.sampled_from(SCALARS), lambda inner: objects(inner) | composed(inner), max_leaves=5)


@st.composite
def documents(draw):
    """Parameters by JSON Schema, and arguments that fit them."""
    schema, fitting = draw(objects(ANY))
    return {**schema, "$defs": {"Tree": TREE, "Pair": PAIR}}, draw(fitting)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: Annotated[str, Field(max_length=9)]
    price: Decimal = Decimal("1.50")
    colour: Colour | None = None


class Folder(BaseModel):
    name: str
    inside: list["Folder"] = []


@dataclass
class Point:
    x: int
    y: int = 0


ITEMS = st.fixed_dictionaries(
    {"sku": TEXTS}, optional={"price": st.just("2.50"), "colour": st.sampled_from(["red", None])}
)
FOLDERS = st.deferred(
    lambda: st.fixed_dictionaries({"name": TEXTS}, optional={"inside": st.lists(FOLDERS, max_size=2)})
)
TYPES = [
    (int, st.integers(-9, 9), 3),
    (float, st.sampled_from([0.5, 2.0]), 0.25),
    (str, TEXTS, "x"),
    (bool, st.booleans(), True),
    (bytes, st.just("abc"), b"a"),
    (date, st.just("2026-01-31"), date(2026, 1, 1)),
    (Decimal, st.just("0.10"), Decimal(2)),
    (UUID, st.just("12345678-1234-5678-1234-567812345678"), UUID(int=1)),
    (Literal["a", "b"], st.sampled_from(["a", "b"]), "a"),
    (Literal["", "b", 3], st.sampled_from(["", "b", 3]), ""),
    (Colour, st.sampled_from(["red", "blue"]), Colour.RED),
    (Item, ITEMS, Item(sku="x")),
    (Folder, FOLDERS, Folder(name="x")),
    (Point, st.fixed_dictionaries({"x": st.integers(0, 9)}, optional={"y": st.integers(0, 9)}), Point(1)),
    (list[Item], st.lists(ITEMS, max_size=2), []),
    (list[list[int]], st.lists(st.lists(st.integers(0, 9), max_size=2), max_size=2), []),
    (tuple[int, str], st.tuples(st.integers(0, 9), TEXTS).map(list), (1, "x")),
    (set[int], st.lists(st.integers(0, 9), max_size=3, unique=True), {1}),
    (dict[str, int], st.dictionaries(TEXTS, st.integers(0, 9), max_size=2), {}),
    (int | None, st.integers(0, 9) | st.none(), None),
    (Item | None, ITEMS | st.none(), None),
    (Item | Point, ITEMS | st.fixed_dictionaries({"x": st.integers(0, 9)}), Point(1)),
    (int | list[str], st.integers(0, 9) | st.lists(TEXTS, max_size=2), 1),
    (Any, JSON, None),
    (Annotated[int, Field(gt=0, lt=9)], st.integers(1, 8), 2),
]


@st.composite
def signatures(draw):
    """A function of one to four parameters, and arguments that fit it."""
    drawn = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))

    def function(**arguments):
        """Takes what is generated."""

    arguments, parameters = {}, []
    for place, (annotation, values, default) in enumerate(drawn):
        optional = draw(st.booleans())
        parameters.append((f"p{place}", annotation, default if optional else ...))
        if not optional or draw(st.booleans()):
            arguments[f"p{place}"] = draw(values)
        if optional and default is None and arguments.get(f"p{place}", ...) is None:
            del arguments[f"p{place}"]  # a model is shown that it may be left out, not that it may be null
    return with_parameters(function, parameters), arguments


def with_parameters(function, parameters):
    """*function* with another signature: names, annotations and defaults."""
    kept = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=annotation,
            default=inspect.Parameter.empty if default is ... else default,
        )
        for name, annotation, default in parameters
    ]
    function.__signature__ = inspect.Signature(kept)
    return function
