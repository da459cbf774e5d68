"""What is said of a tool by its calls, its breaker and its probe: one table of cases."""

import pytest

from tools.health.probed import Probed
from tools.health.verdicts import score_of, verdict
from tools.state.base import BreakerState, RunCounts

CLOSED = BreakerState.CLOSED
WORKS, SLOW = Probed(0, 3), Probed(0, 1_800, slow=True)
FAILS = Probed(0, 3, ok=False, error="It is away.")
NONE, FEW, WELL = RunCounts(), RunCounts(succeeded=4), RunCounts(succeeded=20)
SOME_BREAK, HALF_BREAK = RunCounts(succeeded=18, broken=2), RunCounts(succeeded=10, broken=10)
RETURNS = RunCounts(succeeded=9, returned=11)


@pytest.mark.parametrize(
    ("counts", "breaker", "probed", "word", "points"),
    [
        # Calls alone.
        (WELL, CLOSED, None, "healthy", 100),
        (RunCounts(succeeded=19, broken=1), CLOSED, None, "healthy", 95),
        (SOME_BREAK, CLOSED, None, "degraded", 90),
        (HALF_BREAK, CLOSED, None, "unhealthy", 50),
        (RETURNS, CLOSED, None, "degraded", 78),
        (FEW, CLOSED, None, "unknown", None),
        (NONE, CLOSED, None, "unknown", None),
        # The breaker.
        (NONE, BreakerState.OPEN, None, "unhealthy", 20),
        (WELL, BreakerState.HELD_OPEN, None, "unhealthy", 0),
        (WELL, BreakerState.HELD_CLOSED, None, "healthy", 100),
        (WELL, BreakerState.HALF_OPEN, None, "degraded", 60),
        (HALF_BREAK, BreakerState.HALF_OPEN, None, "unhealthy", 10),
        # The probe, where nobody calls.
        (NONE, CLOSED, WORKS, "healthy", 100),
        (FEW, CLOSED, WORKS, "healthy", 100),
        (NONE, CLOSED, SLOW, "degraded", 85),
        (NONE, CLOSED, FAILS, "unhealthy", 40),
        # Both: a probe may be wrong where calls succeed, and says no more than they do where they fail.
        (WELL, CLOSED, WORKS, "healthy", 100),
        (WELL, CLOSED, SLOW, "degraded", 85),
        (WELL, CLOSED, FAILS, "degraded", 70),
        (SOME_BREAK, CLOSED, WORKS, "degraded", 90),
        (SOME_BREAK, CLOSED, SLOW, "degraded", 75),
        (SOME_BREAK, CLOSED, FAILS, "unhealthy", 30),
        (HALF_BREAK, CLOSED, WORKS, "unhealthy", 50),
        (HALF_BREAK, CLOSED, FAILS, "unhealthy", 0),
        (RETURNS, CLOSED, WORKS, "degraded", 78),
        # All three.
        (NONE, BreakerState.OPEN, WORKS, "unhealthy", 20),
        (NONE, BreakerState.HALF_OPEN, WORKS, "degraded", 60),
        (NONE, BreakerState.HALF_OPEN, FAILS, "unhealthy", 0),
    ],
)
def test_a_verdict_and_a_score_follow_from_calls_breaker_and_probe(counts, breaker, probed, word, points):
    score = score_of(counts, breaker, probed)
    assert (verdict(counts, breaker, probed), score.points) == (word, points)
    if points is not None:
        assert points == max(0, 100 - sum(reason.points for reason in score.reasons))
        assert [reason.points for reason in score.reasons] == sorted(
            (reason.points for reason in score.reasons), reverse=True
        )
        assert (points < 100) is bool(score.reasons)


def test_each_reason_says_what_took_how_many_points():
    assert score_of(SOME_BREAK, CLOSED, FAILS).as_dict() == {
        "score": 30,
        "reasons": [
            {"points": 60, "reason": "Its probe failed: It is away."},
            {"points": 10, "reason": "2 of 20 calls of the last 5 minutes broke."},
        ],
    }
    assert score_of(WELL, CLOSED, FAILS).reasons[0].words == "Its probe failed, though calls succeed: It is away."
    assert score_of(NONE, CLOSED, SLOW).reasons[0].words == "Its probe took 1,800 ms."


def test_what_an_admin_switched_off_has_no_score():
    score = score_of(HALF_BREAK, BreakerState.OPEN, FAILS, enabled=False)
    assert (score.points, score.reasons[0].words) == (None, "An admin has switched it off.")


def test_nobody_knowing_is_no_score_and_says_so():
    assert score_of(NONE, CLOSED).as_dict() == {
        "score": None,
        "reasons": [{"points": 0, "reason": "Too few called it in the last 5 minutes, and no probe tells."}],
    }
