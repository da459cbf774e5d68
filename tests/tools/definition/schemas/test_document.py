"""Tools given by JSON Schema read payloads like those of a signature do."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import Caller, Injected, tool_from_schema
from tools.definition.schema import NotATool
from tools.errors import InvalidArguments

ORDER = {
    "type": "object",
    "properties": {
        "customer_id": {"type": "string", "pattern": "^CUST[0-9]+$"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "maxItems": 3},
        "action": {"enum": ["quote", "order"], "default": "quote"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "rush": {"type": "boolean"},
        "share": {"type": "number", "exclusiveMaximum": 1},
        "due": {"type": "string", "format": "date"},
        "to": {"oneOf": [{"type": "integer"}, {"$ref": "#/$defs/Address"}]},
        "level": {"enum": [1, 2, 3]},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
    "required": ["customer_id"],
    "dependentRequired": {"to": ["items"]},
    "additionalProperties": False,
    "$defs": {
        "Item": {
            "type": "object",
            "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer"}},
            "required": ["sku"],
            "additionalProperties": False,
        },
        "Address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def make(parameters, function=lambda **arguments: arguments, **options):
    return tool_from_schema(name="t", description="Does it.", parameters=parameters, function=function, **options)


SCHEMA = make(ORDER).schema
GOOD = {"customer_id": "CUST1", "action": "order"}


def read(**changed):
    return SCHEMA.read({**GOOD, **changed})


def complaint(**changed):
    with pytest.raises(InvalidArguments) as caught:
        read(**changed)
    return str(caught.value)


def test_good_arguments_are_read_as_they_are_with_defaults():
    assert read() == (GOOD, [])
    assert SCHEMA.read({"customer_id": "CUST1"}) == ({"customer_id": "CUST1", "action": "quote"}, [])


@pytest.mark.parametrize(
    ("name", "sent", "got", "repair"),
    [
        ("limit", "5", 5, "limit: a string read as a number"),
        ("limit", 5.0, 5, None),
        ("share", " .5", 0.5, "share: a string read as a number"),
        ("rush", "Yes", True, "rush: a string read as a boolean"),
        ("items", '[{"sku": "A"}]', [{"sku": "A"}], "items: text decoded as JSON"),
        ("items", ['{"sku": "A"}'], [{"sku": "A"}], "items.0: text decoded as JSON"),
        ("items", '[{"sku": "A", "quantity": "2"}]', [{"sku": "A", "quantity": 2}], "items: text decoded as JSON"),
        ("to", "7", 7, "to: a string read as a number"),
        ("to", '{"city": "Bonn"}', {"city": "Bonn"}, "to: text decoded as JSON"),
        ("level", "2", 2, "level: a string read as a number"),
    ],
)
def test_what_means_the_same_is_taken_and_named(name, sent, got, repair):
    arguments, repairs = read(**{"items": [], name: sent})
    assert arguments[name] == got and type(arguments[name]) is type(got)
    assert repairs[:1] == ([repair] if repair else [])


def test_null_for_an_optional_argument_is_taken_as_not_given_also_deep_inside():
    arguments, repairs = read(limit=None, items=[{"sku": "A", "quantity": None}])
    assert arguments == {**GOOD, "items": [{"sku": "A"}]}
    assert sorted(repairs) == ["items.0.quantity: null taken as not given", "limit: null taken as not given"]


def test_the_payload_that_was_sent_is_not_changed():
    sent = {**GOOD, "items": [{"sku": "A", "quantity": "2"}]}
    SCHEMA.read(sent)
    assert sent["items"] == [{"sku": "A", "quantity": "2"}]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limt": 5}, "unknown argument 'limt': did you mean 'limit'?"),
        ({"items": [{"sku": "A", "quantty": 2}]}, "unknown argument 'items.0.quantty': did you mean 'quantity'?"),
        ({"action": "ordr"}, "did you mean 'order'?"),
        ({"limit": 0}, "argument 'limit': input should be greater than or equal to 1, not 0."),
        ({"limit": "many"}, "argument 'limit': input should be a valid integer, not \"many\"."),
        ({"customer_id": "X"}, "should match the pattern '^CUST[0-9]+$'"),
        ({"customer_id": "CUST1\n"}, "should match the pattern"),
        ({"due": "tomorrow"}, "should be in the format 'date'"),
        ({"items": '[{"sku": "A"}, {"sk'}, "argument 'items': input should be a valid list"),
        ({"to": {"town": "Bonn"}, "items": []}, "argument 'to.city' is missing"),
        ({"to": [1], "items": []}, "input should be a valid integer or an object, not [1]"),
        ({"to": 5}, "'items' is a dependency of 'to'"),
        ({"tags": ["a", "a"]}, "argument 'tags': input holds an item twice"),
        ({"rush": 2}, "argument 'rush': input should be a valid boolean, not 2."),
    ],
)
def test_a_mistake_is_told_in_the_words_of_signatures(changed, said):
    assert said in complaint(**changed)


def test_all_mistakes_stand_in_one_message():
    said = complaint(limit="many", action=7, colour="red", customer_id=None)
    assert all(part in said for part in ("'limit'", "'action'", "unknown argument 'colour'", "'customer_id'"))


TREE = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/Node"}},
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "kids": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(
    ("subschema", "sent", "said"),
    [
        (
            {"anyOf": [False, {"type": "integer"}]},
            "x",
            "argument 'a': input should be a valid integer, not \"x\".",
        ),
        ({"anyOf": [False, False]}, 1, "argument 'a': input is not valid under any of the given schemas, not 1."),
        ({"oneOf": [False]}, 1, "argument 'a': input is not valid under any of the given schemas, not 1."),
        ({"$ref": "#/$defs/never"}, 1, "argument 'a': nothing is allowed here, not 1."),
        (False, 1, "argument 'a': nothing is allowed here, not 1."),
    ],
)
def test_a_schema_that_is_false_is_told_like_any_other(subschema, sent, said):
    schema = make({"properties": {"a": subschema}, "$defs": {"never": False}}).schema
    with pytest.raises(InvalidArguments, match=f"^{re.escape(said)}$"):
        schema.read({"a": sent})


@pytest.mark.parametrize(
    "subschema", [True, {"anyOf": [False, {"type": "integer"}]}, {"$ref": "#/$defs/any"}, {"oneOf": [True, False]}]
)
def test_what_fits_beside_a_schema_that_is_a_boolean_is_read(subschema):
    assert make({"properties": {"a": subschema}, "$defs": {"any": True}}).schema.read({"a": 1}) == ({"a": 1}, [])


def test_recursive_schemas_are_read_to_the_bottom():
    schema = make(TREE).schema
    payload = {"root": {"name": "a", "kids": [{"name": "b", "kids": [{"name": "c"}]}]}}
    assert schema.read(payload) == (payload, [])
    with pytest.raises(InvalidArguments, match=r"'root\.kids\.0\.nam': did you mean 'name'"):
        schema.read({"root": {"name": "a", "kids": [{"nam": "b"}]}})


def test_a_pattern_that_backtracks_without_end_is_stopped():
    schema = make({"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a|aa)+$"}}}).schema
    started = time.perf_counter()
    with pytest.raises(InvalidArguments, match="take too long to check because of the pattern"):
        schema.read({"x": "a" * 5000 + "b"})
    assert time.perf_counter() - started < 2


def test_many_texts_share_one_budget_for_their_pattern():
    texts = {"type": "array", "items": {"type": "string", "pattern": "^(a|aa)+$"}}
    started = time.perf_counter()
    with pytest.raises(InvalidArguments, match="take too long to check because of the pattern"):
        make({"properties": {"x": texts}}).schema.read({"x": ["a" * 22 + "b"] * 5000})
    assert time.perf_counter() - started < 2


def test_a_union_that_doubles_the_work_at_every_level_is_stopped():
    branch = {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}, "required": ["x"]}
    schema = make(
        {
            "type": "object",
            "properties": {"n": {"$ref": "#/$defs/N"}},
            "$defs": {"N": {"anyOf": [branch, {**branch, "required": ["y"]}]}},
        }
    ).schema
    payload = {}
    for _ in range(40):
        payload = {"next": payload}
    with pytest.raises(InvalidArguments, match="take too long to check because of its recursion"):
        schema.read({"n": payload})


def test_a_payload_as_deep_as_a_well_is_refused():
    payload = {"name": "a"}
    for _ in range(3000):
        payload = {"name": "a", "kids": [payload]}
    with pytest.raises(InvalidArguments, match="take too long to check"):
        make(TREE).schema.read({"root": payload})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(ORDER["properties"])), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*ORDER["properties"], "other"]), JSON))
def test_any_payload_is_read_or_refused_and_what_was_read_reads_as_itself(payload):
    try:
        arguments, _ = SCHEMA.read(payload)
    except InvalidArguments as error:
        assert str(error)
    else:
        assert SCHEMA.read(arguments) == (arguments, [])


def test_injected_parameters_of_the_function_stay_hidden():
    def act(x: int, caller: Injected[Caller]): ...

    schema = make({"properties": {"x": {"type": "integer"}}, "required": ["x"]}, act).schema
    assert schema.injected == {"caller": Caller}
    assert list(schema.parameters["properties"]) == ["x"]


def test_a_function_that_does_not_fit_its_schema_is_told_all():
    def act(a, b, caller: Injected[Caller]): ...

    with pytest.raises(NotATool) as caught:
        make({"properties": {"b": {}, "c": {}, "caller": {}}, "required": ["c"]}, act)
    assert caught.value.faults == [
        "'caller' is injected and cannot be among its parameters too",
        "the function has no parameter 'c': add it, or '**arguments' for all",
        "the function needs 'a', which the schema does not require: give it a default",
        "the function needs 'b', which the schema does not require: give it a default",
    ]


def test_everything_wrong_with_a_document_stands_in_one_error():
    with pytest.raises(NotATool) as caught:
        tool_from_schema(
            name="a b", description=" ", parameters={"type": "array"}, output={"type": 5}, function=len, rate="x"
        )
    said = str(caught.value)
    assert all(
        part in said for part in ("'a b' is not", "description is missing", "output: type", "is not a rate")
    )


async def test_a_tool_given_by_a_schema_is_called_like_any_other(make_executor):
    definition = make(ORDER, function=lambda **arguments: arguments, output={"type": "object"})
    executor = make_executor(definition)
    result = await executor.execute(name="t", payload={**GOOD, "limit": "5"})
    assert result.result == {**GOOD, "limit": 5}
    assert definition.schema.output == {"type": "object"}
