import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telemetry import semconv
from telemetry.errors.violations import KIND_NAMES, MOST, PATH_CHARS, schema_path, violations_of


class Line(BaseModel):
    sku: str
    amount: int = Field(ge=1)


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    customer_id: str = Field(pattern="^CUST")
    lines: list[Line] = []


def pydantic_error(payload):
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(payload)
    return caught.value


WRONG_ORDER = {"lines": [{"sku": "a", "amount": 0}, {"sku": 5, "amount": "many"}], "custmer": 1}
WRONG_ORDER_VIOLATIONS = {
    "customer_id: missing",
    "lines[].amount: range",
    "lines[].sku: type",
    "custmer: unknown",
}


def test_what_the_executor_says_is_taken_at_its_word():
    said = {semconv.VIOLATIONS: ["customer_id: missing", "lines.0.sku: string_type"]}
    assert violations_of(said, "argument 'other' is missing.") == ["customer_id: missing", "lines[].sku: type"]


@pytest.mark.parametrize("render", [str, lambda error: str(error.errors()), lambda error: error.json()])
def test_pydantics_report_and_its_errors_say_the_same(render):
    assert set(violations_of({}, render(pydantic_error(WRONG_ORDER)))) == WRONG_ORDER_VIOLATIONS


def test_jsonschemas_report_names_the_place_in_the_instance():
    schema = {"properties": {"lines": {"items": {"properties": {"amount": {"type": "integer"}}}}}}
    [error] = Draft202012Validator(schema).iter_errors({"lines": [{"amount": "x"}]})
    assert violations_of({}, str(error)) == ["lines[].amount: type"]


@pytest.mark.parametrize(
    "message, expected",
    [
        ("argument 'customer_id' is missing.", ["customer_id: missing"]),
        ("unknown argument 'custmer_id': did you mean 'customer_id'?", ["custmer_id: unknown"]),
        ("argument 'limit': input should be a valid integer, not \"many\".", ["limit: type"]),
        ("argument 'action': input should be 'read' or 'list', not \"get\".", ["action: choice"]),
        ("argument 'limit': input should be less than or equal to 50, not 900.", ["limit: range"]),
        ("argument 'id': string should match pattern '^CUST', not \"x\".", ["id: format"]),
        ("'customer_id' is a required property", ["customer_id: missing"]),
        ("Additional properties are not allowed ('foo' was unexpected)", ["foo: unknown"]),
        ("data/limit must be integer", ["limit: type"]),
        (
            "data/lines/0/sku must be string, data must have required property 'id'",
            ["id: missing", "lines[].sku: type"],
        ),
        ("find() missing 1 required positional argument: 'query'", ["query: missing"]),
        ("find() got an unexpected keyword argument 'q'", ["q: unknown"]),
        (
            '[{"type":"missing","loc":["body","customer_id"],"msg":"Field required"}]',
            ["customer_id: missing"],
        ),
        (
            'MCP error -32602: [{"code": "invalid_type", "expected": "string", "path": ["lines", 2, "sku"]}]',
            ["lines[].sku: type"],
        ),
        ("400 Bad Request", []),
    ],
)
def test_a_message_of_a_validator_tells_path_and_kind(message, expected):
    assert violations_of({}, message) == expected


@pytest.mark.parametrize(
    "path, expected",
    [
        ("items.0.sku", "items[].sku"),
        ("0", "[]"),
        ("a.12", "a[]"),
        ("line2.text", "line2.text"),
        ("/a/0/b", "a[].b"),
    ],
)
def test_a_place_in_a_list_is_any_place_of_it(path, expected):
    assert schema_path(path) == expected


def test_a_path_counts_once_a_call():
    said = {semconv.VIOLATIONS: ["lines.0.sku: missing", "lines.1.sku: string_type"]}
    assert violations_of(said, "") == ["lines[].sku: missing"]


@given(st.lists(st.text(max_size=300), max_size=60), st.text(max_size=400))
def test_whatever_a_span_says_the_violations_are_few_and_short(said, message):
    found = violations_of({semconv.VIOLATIONS: said}, message)
    assert len(found) <= MOST
    for item in found:
        path, _, kind = item.rpartition(": ")
        assert 0 < len(path) <= PATH_CHARS
        assert kind in KIND_NAMES
