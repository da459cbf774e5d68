"""When a prompt goes down its ladder, and when up again."""

import pytest

from tools.llm.adjusting.deciding import (
    AT_THE_TOP,
    GIVEN_UP,
    MOST_PATIENCE_S,
    PATIENCE_S,
    Standing,
    decide,
)
from tools.llm.prompts.families import Rung
from tools.state.base import RunCounts

NOW = 1_800_000_000.0
DETAILED, SIMPLE, MINIMAL = Rung.DETAILED, Rung.SIMPLE, Rung.MINIMAL


def counts(**rungs):
    """``detailed=(wrong, of)``."""
    return {Rung(name): RunCounts(succeeded=of - wrong, returned=wrong) for name, (wrong, of) in rungs.items()}


@pytest.mark.parametrize(
    ("wrong", "of", "goes_down"),
    [
        *[(0, 0, False), (4, 4, False), (2, 5, False), (3, 5, True), (5, 5, True)],
        *[(4, 10, False), (5, 10, True), (5, 19, False), (6, 20, True), (5, 20, False), (30, 100, True)],
        *[(29, 100, False), (9, 100, False)],
    ],
)
def test_enough_rounds_that_went_wrong_lead_down(wrong, of, goes_down):
    move = decide(AT_THE_TOP, counts(detailed=(wrong, of)), SIMPLE, NOW)
    assert (move is not None) == goes_down
    if move:
        assert move.to == Standing(SIMPLE, NOW, PATIENCE_S)
        assert move.reason == f"{wrong} of {of} rounds in 5 min called wrongly at detailed"


def test_where_nothing_simpler_is_said_it_stays():
    assert decide(AT_THE_TOP, counts(detailed=(9, 9)), None, NOW) is None


def test_it_goes_on_down_by_what_the_simpler_one_came_to():
    standing = Standing(SIMPLE, NOW - 60)
    assert decide(standing, counts(detailed=(9, 9), simple=(0, 9)), MINIMAL, NOW) is None
    assert decide(standing, counts(detailed=(9, 9), simple=(9, 9)), MINIMAL, NOW).to.rung is MINIMAL


def test_nothing_is_probed_before_its_patience_is_over():
    assert not Standing(SIMPLE, NOW - PATIENCE_S + 1).is_probing(NOW)
    assert Standing(SIMPLE, NOW - PATIENCE_S).is_probing(NOW)
    assert not AT_THE_TOP.is_probing(NOW)
    early = Standing(SIMPLE, NOW - PATIENCE_S + 1)
    assert decide(early, counts(detailed=(0, 50)), None, NOW) is None


@pytest.mark.parametrize(
    ("wrong", "of", "rung", "patience_s"),
    [
        *[(0, 5, DETAILED, PATIENCE_S), (1, 10, DETAILED, PATIENCE_S), (2, 20, DETAILED, PATIENCE_S)],
        *[(3, 3, SIMPLE, 2 * PATIENCE_S), (3, 10, SIMPLE, 2 * PATIENCE_S)],
    ],
)
def test_probes_lead_up_or_to_longer_patience(wrong, of, rung, patience_s):
    standing = Standing(SIMPLE, NOW - PATIENCE_S)
    move = decide(standing, counts(detailed=(wrong, of), simple=(0, 40)), MINIMAL, NOW)
    assert move.to == Standing(rung, NOW, patience_s, came_up=rung is DETAILED)
    assert move.reason.endswith("when detailed was tried")


@pytest.mark.parametrize(("wrong", "of"), [(0, 4), (1, 5), (2, 2), (3, 12)])
def test_between_both_nothing_moves(wrong, of):
    standing = Standing(SIMPLE, NOW - PATIENCE_S)
    assert decide(standing, counts(detailed=(wrong, of), simple=(0, 40)), MINIMAL, NOW) is None


def test_where_too_few_ask_the_whole_prompt_has_its_chance_in_the_end():
    standing = Standing(SIMPLE, NOW - GIVEN_UP * PATIENCE_S)
    move = decide(standing, counts(simple=(0, 1)), MINIMAL, NOW)
    assert (move.to.rung, move.reason) == (DETAILED, "too few rounds to tell: it is tried anew")


def test_going_down_again_soon_after_takes_twice_the_patience_up_to_four_hours():
    up = Standing(DETAILED, NOW - 60, PATIENCE_S, came_up=True)
    assert decide(up, counts(detailed=(9, 9)), SIMPLE, NOW).to == Standing(SIMPLE, NOW, 2 * PATIENCE_S)
    often = Standing(DETAILED, NOW - 60, MOST_PATIENCE_S, came_up=True)
    assert decide(often, counts(detailed=(9, 9)), SIMPLE, NOW).to.patience_s == MOST_PATIENCE_S
    calm = Standing(DETAILED, NOW - 3600, PATIENCE_S, came_up=True)
    assert decide(calm, counts(detailed=(9, 9)), SIMPLE, NOW).to.patience_s == PATIENCE_S


def test_a_second_step_down_takes_no_longer_than_the_first():
    down = Standing(SIMPLE, NOW - 60, PATIENCE_S)
    assert decide(down, counts(simple=(9, 9)), MINIMAL, NOW).to == Standing(MINIMAL, NOW, PATIENCE_S)
