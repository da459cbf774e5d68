import pytest

from dashboard.wording.states import (
    AT_RISK,
    DEGRADED,
    HEALTHY,
    NO_CALLS,
    RECOVERED,
    TOO_FEW,
    current_state,
    main_reason,
    outcome_state,
    rate_shown,
    state_of,
)
from telemetry.semconv import Outcome
from tests.dashboard.builders import tally


@pytest.mark.parametrize(
    ("good", "bad", "state"),
    [
        (0, 0, NO_CALLS),
        (4, 1, TOO_FEW),
        (0, 1, TOO_FEW),
        (5, 5, DEGRADED),
        (80, 20, DEGRADED),
        (92, 8, AT_RISK),
        (96, 4, HEALTHY),
        (20, 0, HEALTHY),
        (940, 60, HEALTHY),
    ],
)
def test_few_calls_can_condemn_but_not_acquit(good, bad, state):
    assert state_of(tally(good, bad)) is state


def test_the_last_minutes_condemn_a_tool_that_was_well_before():
    assert current_state(recent=tally(20, 30), whole=tally(1000, 30)) is DEGRADED


def test_quiet_minutes_leave_the_word_to_the_whole_period():
    assert current_state(recent=tally(2, 1), whole=tally(990, 10)) is HEALTHY


def test_a_tool_that_is_well_again_has_recovered():
    assert current_state(recent=tally(60, 0), whole=tally(700, 300)) is RECOVERED


def test_too_few_calls_state_no_rate():
    assert rate_shown(tally(3, 1)) is None
    assert rate_shown(tally(30, 10)) == 0.75


def test_the_main_reason_is_the_layer_that_failed_most():
    assert main_reason(tally(1, 3, Outcome.TIMEOUT, arguments=1)) == (Outcome.TIMEOUT, 0.75)
    assert main_reason(tally(5)) is None


def test_an_outcome_of_a_newer_version_is_shown_as_it_is():
    assert outcome_state("eaten_by_dog").word == "eaten by dog"
    assert outcome_state("timeout").tone == "bad"
