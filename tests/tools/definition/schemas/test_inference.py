"""Signatures of every kind become schemas, and the values of a payload."""

import enum
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from tools.definition.schema import infer_schema
from tools.errors import InvalidArguments

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Box(BaseModel, Generic[T]):
    inside: T


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


@dataclass
class Point:
    x: int
    y: int = 0


CASES = [
    (Colour, "red", Colour.RED),
    (Movie, {"title": "Up"}, {"title": "Up"}),
    (Point, {"x": 1}, Point(1, 0)),
    (datetime, "2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5)),
    (date, "2026-01-02", date(2026, 1, 2)),
    (timedelta, "PT1H", timedelta(hours=1)),
    (Decimal, "0.10", Decimal("0.10")),
    (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[int, ...], [1, 2], (1, 2)),
    (set[int], [1, 2], {1, 2}),
    (frozenset[str], ["a"], frozenset({"a"})),
    (Sequence[int], [1], [1]),
    (list[list[int]], [[1], []], [[1], []]),
    (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
    (bytes, "abc", b"abc"),
    (Any, {"free": [1]}, {"free": [1]}),
    (Literal["a", 2], 2, 2),
    (int | None, None, None),
    (int | list[str], ["a"], ["a"]),
    (Annotated[int, Field(ge=1, le=9)], 5, 5),
    (Box[int], {"inside": 3}, Box[int](inside=3)),
    (Tree, {"name": "a", "children": [{"name": "b"}]}, Tree(name="a", children=[Tree(name="b")])),
    (T, 5, 5),
]


@pytest.mark.parametrize(("annotation", "sent", "read"), CASES, ids=lambda value: str(value)[:40])
def test_every_type_becomes_a_schema_and_its_value_is_read(annotation, sent, read):
    def one(value):
        """Takes one value."""

    one.__annotations__["value"] = annotation
    schema = infer_schema(one)
    Draft202012Validator.check_schema(schema.parameters)
    Draft202012Validator(schema.parameters).validate({"value": sent})
    assert schema.read({"value": sent})[0] == {"value": read}


def answers(annotation):
    def one():
        """Answers."""

    one.__annotations__["return"] = annotation
    return infer_schema(one).output


def test_the_output_schema_is_that_of_the_return_annotation():
    assert answers(Point)["properties"]["x"] == {"type": "integer"}
    assert answers(list[int]) == {"type": "array", "items": {"type": "integer"}}
    assert answers(None) == {"type": "null"}


def test_a_stream_answers_the_list_of_what_it_yields():
    assert answers(AsyncIterator[str]) == {"type": "array", "items": {"type": "string"}}


def test_what_a_tool_does_not_say_has_no_output_schema():
    assert answers(Any) is None
    assert answers(object) is None
    assert infer_schema(lambda_with_docs).output is None


def lambda_with_docs():
    """Says nothing of its result."""


GOOGLE = """Do it.

    Args:
        count (int): How many, counted
            from one.
        point: Where.
    """
NUMPY = """Do it.

    Parameters
    ----------
    count : int
        How many, counted
        from one.
    point : Point
        Where.
    """
SPHINX = """Do it.

    :param int count: How many, counted
        from one.
    :param point: Where.
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_parameters_are_described_in_all_three_styles(text):
    def do(count: int, point: Point): ...

    do.__doc__ = text
    schema = infer_schema(do)
    properties = schema.parameters["properties"]
    assert schema.description == "Do it."
    assert properties["count"]["description"] == "How many, counted from one."
    assert properties["point"]["description"] == "Where."


class Base(BaseModel):
    sku: str
    """The article."""


class Line(Base):
    """One line of an order.

    Attributes:
        quantity: How many pieces.
    """

    quantity: int = 1
    colour: Annotated[Colour, Field(description="Its own word.")] = Colour.RED


def test_attributes_of_nested_classes_are_described_by_their_docstrings():
    def order(lines: list[Line]):
        """Order."""

    line = infer_schema(order).parameters["$defs"]["Line"]
    assert line["description"] == "One line of an order."
    assert {name: field["description"] for name, field in line["properties"].items()} == {
        "sku": "The article.",
        "quantity": "How many pieces.",
        "colour": "Its own word.",
    }


def test_the_annotations_own_description_counts_before_the_docstrings():
    def do(count: Annotated[int, Field(description="From the annotation.")]):
        """Do it.

        Args:
            count: From the docstring.
        """

    assert infer_schema(do).parameters["properties"]["count"]["description"] == "From the annotation."


def test_a_parameter_that_is_none_by_default_is_optional_and_not_null():
    def do(colour: Colour | None = None, size: int | None = 5):
        """Do it."""

    properties = infer_schema(do).parameters["properties"]
    assert properties["colour"] == {"$ref": "#/$defs/Colour"}
    assert {"type": "null"} in properties["size"]["anyOf"]
    assert infer_schema(do).read({"colour": None})[0] == {"colour": None, "size": 5}


def test_schemas_hold_no_titles_made_of_names():
    def do(line: Line, colour: Colour, movie: Movie, point: Point): ...

    do.__doc__ = "Do it."
    assert not re.findall(r"'title': '[A-Z]", str(infer_schema(do).parameters))


def test_null_for_an_optional_field_deep_inside_is_taken_as_not_given():
    def order(lines: list[Line]):
        """Order."""

    arguments, repairs = infer_schema(order).read({"lines": [{"sku": "A", "quantity": None}]})
    assert arguments["lines"] == [Line(sku="A")]
    assert repairs == ["lines.0.quantity: null taken as not given"]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []


def test_null_inside_a_branch_of_a_union_is_taken_as_not_given():
    def adopt(pet: Cat | Dog):
        """Adopt."""

    assert infer_schema(adopt).read({"pet": {"kind": "dog", "tricks": None}})[0]["pet"] == Dog(kind="dog")


def test_a_value_that_fits_no_branch_of_a_union_is_told_without_the_names_of_branches():
    def say(text: Annotated[str, Field(min_length=1)] | list[Line]):
        """Say."""

    with pytest.raises(InvalidArguments) as caught:
        infer_schema(say).read({"text": 5})
    assert str(caught.value) == (
        "argument 'text': input should be a valid string, not 5. "
        "argument 'text': input should be a valid list, not 5."
    )


def test_null_for_a_required_argument_stays_wrong():
    def order(line: Line):
        """Order."""

    with pytest.raises(InvalidArguments, match=r"'line\.sku': input should be a valid string, not null"):
        infer_schema(order).read({"line": {"sku": None}})
