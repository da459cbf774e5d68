"""What is said of traffic before the start, beside what simulated experiments find."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.llm.experiments.statistics import simulating as sim
from tools.llm.experiments.statistics.planning import Traffic, days_needed, smallest_effect, smallest_factor


@pytest.mark.parametrize(("base", "share"), [(0.9, 0.5), (0.95, 0.5), (0.6, 0.5), (0.8, 0.1), (0.8, 0.9)])
def test_the_smallest_effect_is_found_as_often_as_was_asked_for(base, share):
    effect = smallest_effect(Traffic(sim.A_DAY, base, share), sim.DAYS)
    found = sim.Found.of(sim.by_bets(sim.steady(5, base, base + effect, share), (share,) * sim.DAYS))
    assert 80 <= found.percent <= 90


def test_the_smallest_change_of_a_latency_is_found_as_often_as_was_asked_for():
    change = smallest_factor(Traffic(sim.A_DAY, 0.9, deviation=0.8), sim.DAYS)
    assert 0.1 < change < 0.15
    assert 80 <= sim.of_slower(1 + change, 0.8).percent <= 92


def test_without_knowing_how_much_times_differ_nothing_is_promised():
    assert smallest_factor(Traffic(80, 0.9), 30) is None
    assert smallest_factor(Traffic(80, 0.9, deviation=0.8, share=0.01), 30) is None


def test_a_harm_is_found_in_as_many_days_as_are_said():
    days = days_needed(Traffic(sim.A_DAY, 0.95), -0.1)
    told = sim.by_bets(sim.steady(6, 0.95, 0.85))
    in_time = sum(day is not None and day <= days for day in told) / len(told)
    assert 0.75 < in_time < 0.97


def test_what_takes_more_than_a_year_is_not_promised():
    assert days_needed(Traffic(10, 0.9), 0.01) is None
    assert smallest_effect(Traffic(1, 0.9), 2) is None
    assert smallest_effect(Traffic(80, 1.0), 30) is None
    assert smallest_effect(Traffic(0, 0.9), 30) is None


@given(st.floats(1, 1e5), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_more_traffic_finds_no_less(units_a_day, base, share):
    few, many = (smallest_effect(Traffic(n, base, share), 14) for n in (units_a_day, 2 * units_a_day))
    assert many is not None or few is None
    assert few is None or many <= few + 1e-3


@given(st.floats(0.1, 1e6), st.floats(0, 1), st.floats(0.01, 0.99), st.floats(0, 0.5), st.floats(-1, 1))
def test_whatever_is_known_something_is_said(units_a_day, base, share, deviation, effect):
    traffic = Traffic(units_a_day, base, share, deviation=deviation)
    smallest_factor(traffic, 14)
    for found in (smallest_effect(traffic, 14), days_needed(traffic, effect)):
        assert found is None or found > 0


@given(st.floats(10, 1e5), st.floats(0.3, 0.95))
def test_days_and_effects_say_the_same(units_a_day, base):
    effect = smallest_effect(Traffic(units_a_day, base), 20)
    days = days_needed(Traffic(units_a_day, base), effect) if effect else None
    assert days is None or days <= 20


def test_it_is_said_at_once():
    began = process_time()
    for _ in range(10):
        smallest_effect(Traffic(80, 0.9), 30)
        days_needed(Traffic(80, 0.9), 0.05)
    assert (process_time() - began) / 20 < 0.05


def test_units_that_differ_less_need_fewer_days():
    """Conversations of many calls lie closer together than single calls."""
    assert days_needed(Traffic(80, 0.9, deviation=0.15), 0.03) < days_needed(Traffic(80, 0.9), 0.03) / 3
