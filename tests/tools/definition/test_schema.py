from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from tools import Caller, Injected
from tools.definition.schema import infer_schema
from tools.errors import InvalidArguments


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: str
    quantity: int = 1


def order(
    customer_id: str,
    items: list[Item],
    action: Literal["quote", "order"] = "quote",
    limit: int = 10,
    rush: bool = False,
    discount: Decimal = Decimal(0),
    due: date | None = None,
    *,
    caller: Injected[Caller],
) -> None:
    """Order something.

    Args:
        customer_id: Whose order it is.
    """


SCHEMA = infer_schema(order)
GOOD = {"customer_id": "CUST001", "items": [{"sku": "A1"}]}


def complaint(**changed):
    with pytest.raises(InvalidArguments) as caught:
        SCHEMA.read({**GOOD, **changed})
    return str(caught.value)


def repairs(**changed):
    return SCHEMA.read({**GOOD, **changed})[1]


def test_a_model_sees_descriptions_and_no_injected_parameter():
    properties = SCHEMA.parameters["properties"]
    assert properties["customer_id"]["description"] == "Whose order it is."
    assert "caller" not in properties


def test_good_arguments_are_read_without_repairs():
    arguments, repaired = SCHEMA.read({**GOOD, "limit": 5, "due": "2026-01-31", "discount": "0.10"})
    assert repaired == []
    assert (arguments["items"], arguments["due"], arguments["discount"]) == (
        [Item(sku="A1")],
        date(2026, 1, 31),
        Decimal("0.10"),
    )


def test_a_number_sent_as_text_is_read_and_named():
    assert SCHEMA.read({**GOOD, "limit": "5"})[0]["limit"] == 5
    assert repairs(limit="5", rush="true") == [
        "limit: a string read as a number",
        "rush: a string read as a boolean",
    ]


def test_a_whole_float_needs_no_repair_for_a_whole_number():
    assert repairs(limit=5.0, discount=0.5) == []


def test_a_repair_inside_a_list_is_named_by_its_path():
    assert repairs(items=[{"sku": "A1", "quantity": "3"}]) == ["items.0.quantity: a string read as a number"]


def test_a_list_sent_as_text_is_decoded_where_the_schema_wants_one():
    arguments, repaired = SCHEMA.read({"customer_id": "CUST001", "items": '[{"sku": "A1"}]'})
    assert (arguments["items"], repaired) == ([Item(sku="A1")], ["items: text decoded as JSON"])


def test_an_object_sent_as_text_inside_a_list_is_decoded():
    assert repairs(items=['{"sku": "A1"}']) == ["items.0: text decoded as JSON"]


def test_text_that_looks_like_json_stays_text_where_text_is_wanted():
    assert SCHEMA.read({**GOOD, "customer_id": '{"a": 1}'}) == (
        {**SCHEMA.read(GOOD)[0], "customer_id": '{"a": 1}'},
        [],
    )


def test_cut_off_json_is_refused():
    assert "argument 'items': input should be a valid list" in complaint(items='[{"sku": "A1"}, {"sk')


def test_a_payload_sent_as_text_is_decoded():
    assert SCHEMA.read('{"customer_id": "C", "items": []}')[1] == ["payload: text decoded as JSON"]


def test_null_for_an_argument_with_a_default_is_taken_as_not_given():
    arguments, repaired = SCHEMA.read({**GOOD, "limit": None})
    assert (arguments["limit"], repaired) == (10, ["limit: null taken as not given"])


def test_no_payload_is_no_arguments():
    def ping() -> str:
        """Answers."""
        return "pong"

    assert infer_schema(ping).read("") == ({}, ["payload: nothing taken as no arguments"])


def test_a_payload_of_another_type_is_refused():
    with pytest.raises(InvalidArguments, match="must be an object of arguments, not a list"):
        SCHEMA.read([1])


def test_an_unknown_argument_gets_the_nearest_name_and_its_absence_is_not_told_twice():
    with pytest.raises(InvalidArguments) as caught:
        SCHEMA.read({"custmer_id": "CUST001", "items": []})
    assert str(caught.value) == "unknown argument 'custmer_id': did you mean 'customer_id'?"
    assert caught.value.hint == str(caught.value)


def test_an_unknown_argument_deep_inside_gets_the_nearest_name_of_its_place():
    assert complaint(items=[{"sku": "A1", "quantty": 2}]) == (
        "unknown argument 'items.0.quantty': did you mean 'quantity'?"
    )


def test_a_wrong_choice_gets_the_nearest_one():
    assert complaint(action="ordr").endswith("not \"ordr\": did you mean 'order'?")


def test_all_problems_stand_in_one_message():
    said = complaint(limit="many", action=7, colour="red")
    assert all(part in said for part in ("'limit'", "'action'", "unknown argument 'colour'"))


def test_a_missing_argument_is_named():
    with pytest.raises(InvalidArguments, match="argument 'customer_id' is missing"):
        SCHEMA.read({"items": []})


def test_each_path_that_broke_the_schema_is_named_with_its_kind():
    with pytest.raises(InvalidArguments) as caught:
        SCHEMA.read({"items": [{"quantity": "two"}], "limit": "many", "colour": "red"})
    assert set(caught.value.violations) == {
        "customer_id: missing",
        "items.0.sku: missing",
        "items.0.quantity: int_type",
        "limit: int_type",
        "colour: extra_forbidden",
    }


@dataclass
class Point:
    x: int
    y: int


def test_rich_types_become_schemas_and_values():
    def plot(points: list[list[int]], at: Point, share: Annotated[float, Field(ge=0, le=1)] = 0.5) -> None:
        """Plots."""

    schema = infer_schema(plot)
    assert schema.parameters["properties"]["points"]["items"]["items"] == {"type": "integer"}
    assert schema.read({"points": [[1]], "at": {"x": 1, "y": 2}})[0]["at"] == Point(1, 2)
    with pytest.raises(InvalidArguments, match="less than or equal to 1"):
        schema.read({"points": [], "at": {"x": 1, "y": 2}, "share": 2})


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (lambda x: x, "parameter 'x' has no annotation"),
        (lambda *args: args, "parameter 'args' is variable"),
    ],
    ids=["no-annotation", "variable"],
)
def test_a_function_that_cannot_be_a_tool_is_told_why(function, fault):
    with pytest.raises(TypeError, match=fault):
        infer_schema(function)
