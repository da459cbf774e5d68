from decimal import Decimal

from hypothesis import given

from dashboard.pages.traces.compare import compare
from dashboard.pages.traces.tree import build
from tests.dashboard.pages.traces.builders import span
from tests.dashboard.pages.traces.test_tree import SPANS


def call(number, tool, parent=1, **changes):
    return span(number, parent, name=f"execute_tool {tool}", tool=tool, **{"outcome": "first_try"} | changes)


def pairs(left, right, **more):
    found = compare(build([span(1), *left]), build([span(1, name="another root"), *right]), **more).pairs
    return [(pair.word, pair.either.label, [one.what for one in pair.differences]) for pair in found[1:]]


def test_equal_traces_have_no_differences():
    one = [call(2, "crm"), call(3, "price")]
    assert pairs(one, one) == [("same", "crm", []), ("same", "price", [])]


def test_spans_match_by_name_and_order_whatever_their_ids():
    left = [call(2, "crm", start_ms=1), call(3, "price", start_ms=2)]
    right = [call(7, "price", start_ms=9)]
    assert pairs(left, right) == [("only left", "crm", []), ("same", "price", [])]


def test_what_is_only_on_the_right_is_told_with_all_below_it():
    right = [span(2, 1, name="search"), call(3, "crm", parent=2)]
    assert [word for word, *_ in pairs([], right)] == ["only right", "only right"]


def test_a_changed_outcome_and_error_are_told():
    [pair] = pairs([call(2, "crm")], [call(2, "crm", outcome="timeout", error_type="timeout")])
    assert pair == ("differs", "crm", ["outcome", "error type"])


def test_worse_and_better_are_told_apart():
    comparison = compare(build([span(1, took_ms=100)]), build([span(1, took_ms=150)]))
    [difference] = comparison.pairs[0].differences
    assert (difference.what, difference.left, difference.right) == ("duration", "100\u202fms", "150\u202fms")
    assert difference.tone == "bad"


def test_a_few_milliseconds_are_no_difference():
    assert pairs([call(2, "crm", took_ms=10)], [call(2, "crm", took_ms=14)]) == [("same", "crm", [])]


def test_another_model_and_prompt_version_are_a_change_of_the_same_span():
    left = span(2, 1, name="chat gpt-4o", operation="chat", model="gpt-4o", prompt_version="v1")
    right = span(2, 1, name="chat llama", operation="chat", model="llama", prompt_version="v2")
    assert pairs([left], [right]) == [("differs", "chat gpt-4o", ["model", "prompt version"])]


def test_changed_arguments_are_told_and_their_spaces_are_not():
    texts = ({2: '{"id":1}', 3: '{"a": 1}'}, {2: '{"id":2}', 3: '{"a":1}'})
    both = [call(2, "crm", start_ms=1), call(3, "price", start_ms=2)]
    assert pairs(both, both, arguments=texts) == [("differs", "crm", ["arguments"]), ("same", "price", [])]


def test_an_unknown_price_is_not_a_price_of_nothing():
    left = call(2, "crm", input_tokens=5, cost_usd=Decimal(0))
    right = call(2, "crm", input_tokens=5)
    comparison = compare(build([left]), build([right]))
    [difference] = comparison.pairs[0].differences
    assert (difference.left, difference.right) == ("$0.00", "unpriced")


@given(SPANS, SPANS)
def test_every_span_of_both_is_in_exactly_one_pair(left, right):
    found = compare(build(left), build(right)).pairs
    assert sorted(id(pair.left) for pair in found if pair.left) == sorted(map(id, left))
    assert sorted(id(pair.right) for pair in found if pair.right) == sorted(map(id, right))


@given(SPANS)
def test_a_trace_is_like_itself(spans):
    assert {pair.word for pair in compare(build(spans), build(spans)).pairs} <= {"same"}
