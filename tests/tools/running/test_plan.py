"""The order of the calls of one request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.running.plan import InvalidPlan, make_plan, sorter_of


def call(step="", *references):
    return {"id": step, "payload": {"uses": [{"$ref": reference} for reference in references]}}


def refusal(*calls):
    with pytest.raises(InvalidPlan) as caught:
        make_plan(calls)
    return str(caught.value)


def test_a_call_waits_for_those_that_it_refers_to():
    plan = make_plan([call("sum", "a.x", "b.y.0"), call("a"), call("b", "a"), call()])
    assert [set(needs) for needs in plan.needs] == [{1, 2}, set(), {1}, set()]


def test_calls_without_ids_wait_for_nothing():
    assert not any(make_plan([{"payload": {}}, {}, {"payload": "text"}]).needs)


def test_an_unknown_step_is_refused_with_the_nearest_name():
    assert "call 2 refers to an unknown step 'serch': did you mean 'search'?" in refusal(
        call("search"), call("", "serch.id")
    )
    assert "call 1 refers to an unknown step 'search': no call has an id" in refusal(call("", "search.id"))


def test_a_step_that_refers_to_itself_is_refused():
    assert "'a' refers to itself" in refusal(call("a", "a.x"))


def test_a_circle_is_refused_with_its_steps_in_order():
    said = refusal(call("a", "b"), call("b", "c"), call("c", "a"), call("d", "a"))
    assert any(f"{circle} wait for each other" in said for circle in circles("a", "b", "c"))


def circles(*steps):
    turned = [steps[at:] + steps[:at] for at in range(len(steps))]
    return [" → ".join(repr(step) for step in [*turn, turn[0]]) for turn in turned]


def test_ids_must_differ_and_be_text():
    said = refusal(call("a"), call("b"), call("a"), call(5))
    assert "calls 1 and 3 have the same id 'a'" in said
    assert "the id of call 4 is no text: 5" in said


def test_everything_that_is_wrong_is_named_at_once():
    said = refusal(call("a", "a"), call("b", "c"), call("c", "b"), call("d", "nowhere"), call("d"), call("e", ""))
    for fault in (
        "'a' refers to itself",
        "wait for each other",
        "unknown step 'nowhere'",
        "same id 'd'",
        "read: ''",
    ):
        assert fault in said


def test_a_refusal_stays_short_where_everything_is_wrong():
    assert len(refusal(*(call(f"s{n}", f"s{(n + 1) % 1000}x.y", "z") for n in range(1000)))) < 5000


@st.composite
def graphs(draw, most=12):
    """For each call the calls that it refers to; a circle now and then."""
    size = draw(st.integers(1, most))
    return [draw(st.sets(st.integers(0, size - 1), max_size=3)) for _ in range(size)]


def has_circle(graph):
    left = dict(enumerate(graph))
    while ready := [index for index, needs in left.items() if not needs & left.keys()]:
        for index in ready:
            del left[index]
    return bool(left)


@given(graphs())
def test_a_plan_is_made_exactly_where_there_is_no_circle(graph):
    calls = [call(f"s{index}", *(f"s{need}.x" for need in needs)) for index, needs in enumerate(graph)]
    if has_circle(graph):
        refusal(*calls)
    else:
        assert [set(needs) for needs in make_plan(calls).needs] == graph


def test_what_is_ready_at_once_is_so_in_the_given_order():
    sorter = sorter_of([{3}, (), (), ()])
    sorter.prepare()
    assert list(sorter.get_ready()) == [1, 2, 3]
