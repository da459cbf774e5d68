from datetime import UTC, datetime, timedelta

import pytest

from salesboost.beat import OnTheStep
from salesboost.celery import app

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def asked(now_s, ran_s, schedule=OnTheStep):
    now = NOON + timedelta(seconds=now_s)
    return schedule(5, after_s=2, nowfun=lambda: now, app=app).is_due(NOON + timedelta(seconds=ran_s))


@pytest.mark.parametrize(
    ("now_s", "ran_s", "due", "next_s"),
    [
        (1.0, -2.9, False, 1.0),  # the step that ended at noon has not settled
        (2.0, -2.9, True, 5.0),
        (2.5, 2.1, False, 4.5),
        (6.9, 2.1, False, 0.1),
        (7.3, 2.1, True, 4.7),
        (31.0, 2.1, True, 1.0),  # beat was away: once, then with the clock again
    ],
)
def test_it_is_due_when_a_step_is_complete_and_settled(now_s, ran_s, due, next_s):
    said = asked(now_s, ran_s)
    assert said.is_due is due
    assert said.next == pytest.approx(next_s, abs=1e-3)


def test_rules_are_looked_at_on_the_step():
    entry = app.conf.beat_schedule["evaluate-rules"]["schedule"]
    assert isinstance(entry, OnTheStep)
