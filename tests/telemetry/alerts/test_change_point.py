"""Since when it goes wrong, as the calls themselves tell."""

import pytest

from telemetry.alerts.change_point import began
from tests.telemetry.alerts.builders import at


def course(*steps):
    """(good, bad) of one step of 5 s after the other."""
    return [(at(5 * place), good, good + bad) for place, (good, bad) in enumerate(steps)]


@pytest.mark.parametrize("bad", [1, 2])
def test_where_no_change_is_evident_it_began_with_the_first_bad_call(bad):
    assert began(course(*[(5, 0)] * 59, (5 - bad, bad))) == at(295)
    assert began(course(*[(1, 0)] * 3, (0, bad), *[(1, 0)] * 3)) == at(15)


def test_a_change_that_is_evident_is_the_beginning_whatever_failed_before():
    steps = [(20, 0)] * 10 + [(19, 1)] + [(20, 0)] * 10 + [(2, 18)] * 5
    assert began(course(*steps)) == at(105)


def test_where_all_fail_it_began_with_the_first_call():
    assert began(course((0, 0), (0, 4), (0, 4))) == at(5)


def test_without_bad_calls_it_is_the_first_call_and_without_calls_nothing():
    assert began(course((0, 0), (3, 0), (4, 0))) == at(5)
    assert began([]) is None
