"""What a model wrote, and what a case wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.evaluation.matching import faults, fits, holds, pairs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("wanted", "fitting", "others"),
    [
        ("PRO", ["PRO"], ["pro", None, ["PRO"]]),
        (12, [12, 12.0], ["12", 13, True]),
        (True, [True], [1, "true"]),
        ([1, 2], [[1, 2]], [[2, 1], [1, 2, 3], [1]]),
        ({"a": 1}, [{"a": 1}], [{"a": 1, "b": 2}, {}, None]),
        ({"any_of": ["a", None]}, ["a", None], ["b"]),
        ({"any_of": [{"regex": "^x"}, 3]}, ["xy", 3], ["yx", 4]),
        ({"regex": "(?i)keller"}, ["Frau KELLER"], ["Kell", None, 3]),
        ({"approx": 10}, [10, "10", "10.0000001"], [10.1, "ten", None, True]),
        ({"approx": 10, "within": 0.5}, [10.4, "9.5"], [10.6]),
        ({"subset": {"a": {"b": 1}}}, [{"a": {"b": 1, "c": 2}, "d": 3}], [{"a": {"c": 1}}, {"b": 1}, 1]),
        ({"subset": [{"sku": "PRO"}]}, [[{"sku": "X"}, {"sku": "PRO", "quantity": 2}]], [[], [{"sku": "X"}], {}]),
        ({"subset": [1, 1]}, [[1, 2, 1]], [[1, 2]]),
        ({"in_any_order": [1, 2]}, [[2, 1]], [[1], [1, 1], [1, 2, 3], "12"]),
        ({"anything": True}, [0, "", []], [None]),
        ({"absent": True}, [None], [0, ""]),
        ({"equals": {"regex": "x"}}, [{"regex": "x"}], ["x"]),
    ],
)
def test_a_value_fits_or_not(wanted, fitting, others):
    assert [each for each in fitting if not fits(wanted, each)] == []
    assert [each for each in others if fits(wanted, each)] == []


def test_more_arguments_are_allowed_and_null_is_no_argument():
    assert holds({"a": 1, "b": {"absent": True}}, {"a": 1, "b": None, "c": 2})
    assert holds({"b": None}, {})
    assert not holds({"b": 1}, {})
    assert not holds({"b": {"absent": True}}, {"b": 0})


@given(JSON)
def test_each_value_is_as_it_is_itself(value):
    assert fits({"equals": value}, value)
    assert fits({"any_of": [value]}, value)


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_as_many_find_one_for_themselves_as_can(wanted, there):
    found = pairs(wanted, there, lambda each, one: each == one)
    assert len(set(found.values())) == len(found)
    assert all(wanted[each] == there[place] for each, place in found.items())
    assert len(found) == sum(min(wanted.count(value), there.count(value)) for value in range(4))


def test_who_can_be_content_with_another_leaves_it_to_who_cannot():
    assert pairs([{"any_of": [1, 2]}, 1], [1, 2], fits) == {0: 1, 1: 0}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"regex": "("}, "'(' is no regular expression: correct it."),
        ({"any_of": []}, "any_of needs a list of values: write one or more."),
        ({"approx": "ten"}, "approx needs a number, and within another: write {approx: 12.5, within: 0.01}."),
        ({"approx": 1, "within": "x"}, "approx needs a number"),
        ({"subset": 3}, "subset needs an object or a list: write what it has to hold."),
        ([1, {"regex": 3}], "arguments.x[1]: 3 is no regular expression"),
        ({"a": {"b": {"regex": "["}}}, "arguments.x.a.b: '['"),
    ],
)
def test_what_is_no_wish_is_said_with_its_place(wanted, said):
    (fault,) = faults(wanted, "arguments.x")
    assert said in fault and fault.startswith("arguments.x")


def test_good_wishes_have_no_faults():
    assert not list(faults({"a": [{"approx": 1}], "b": {"any_of": [1]}}, "x"))
