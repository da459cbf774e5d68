import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.state.slots.queue import FairQueue


def line_of(*items):
    line = FairQueue()
    for caller, item in items:
        line.add(caller, item)
    return line


def drained(line):
    return [line.pop() for _ in range(len(line))]


def test_one_caller_is_served_in_order():
    assert drained(line_of(("a", 1), ("a", 2), ("a", 3))) == [1, 2, 3]


def test_callers_take_turns():
    assert drained(line_of(("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6))) == [1, 4, 5, 2, 6, 3]


def test_who_left_is_not_served_and_leaving_twice_is_nothing():
    line = line_of(("a", 1), ("b", 2), ("a", 3))
    for _ in range(2):
        line.remove("a", 1)
    assert drained(line) == [3, 2]


def test_nobody_is_next_in_an_empty_line():
    with pytest.raises(IndexError):
        line_of().pop()


@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "remove", "pop"])), max_size=60))
def test_everybody_is_served_once_and_in_the_order_of_their_caller(steps):
    line, waits, number = FairQueue(), {"a": [], "b": [], "c": []}, 0
    for caller, step in steps:
        if step == "add":
            number += 1
            line.add(caller, (caller, number))
            waits[caller].append(number)
        elif step == "remove" and waits[caller]:
            line.remove(caller, (caller, waits[caller].pop()))
        elif step == "pop" and len(line):
            served, which = line.pop()
            assert waits[served].pop(0) == which
        assert len(line) == sum(map(len, waits.values()))
