"""How well a deployment is, in points of a hundred, and what takes points from it. Pure."""

from collections.abc import Mapping
from datetime import date

from tools.health.score import WHOLE, Reason, Score
from tools.llm.providers.lately import Figures, Lately
from tools.llm.providers.status import Status
from tools.llm.routing.failover import BLAMED
from tools.state.base import BreakerState

# From this share of a budget on it is warned of.
SCARCE = 0.8
# Of fewer answers nobody says that they have become slow.
LEAST_ANSWERS = 10
# By how much slower half of the answers are than before, and what that takes; the first that holds.
SLOWER = ((4.0, 30), (2.0, 15))
RESTING = (BreakerState.OPEN, BreakerState.HELD_OPEN)


def score_of(status: Status, lately: Mapping[str, Lately] | None, today: date) -> Score:
    """Of the deployment of *status*. *lately*: what calls came to, by deployment; None where nobody knows."""
    if not status.known.enabled:
        return Score(None, (Reason(0, status.known.lacks),))
    if status.known.lacks:
        return Score(0, (Reason(WHOLE, status.known.lacks),))
    calls = lately.get(status.known.name) if lately else None
    found = [_breaker(status), _budget(status), _ending(status, today)]
    if calls is not None:
        found += [_errors(calls.now), _slowness(calls)]
    if any(found) or (calls is not None and calls.now.calls):
        return Score.of(found)
    unread = "What its calls came to could not be read just now."
    return Score(None, (Reason(0, unread if lately is None else "It was not asked in the last 15 minutes."),))


def _breaker(status: Status) -> Reason | None:
    if status.breaker in RESTING:
        return Reason(80, f"It rests for {status.rest_s:.0f} s more, as it failed.")
    if status.breaker is BreakerState.HALF_OPEN:
        return Reason(40, "It has rested, and the next request tries it.")
    return None


def _budget(status: Status) -> Reason | None:
    """Without amounts: who may not see money sees scores."""
    share = status.budget_used or 0.0
    if share >= 1:
        return Reason(WHOLE, "Its budget for today is used up, until midnight UTC.")
    if share >= SCARCE:
        return Reason(10, f"{share * 100:.0f} % of its budget for today are used.")
    return None


def _ending(status: Status, today: date) -> Reason | None:
    ending = status.known.ending
    days = ending.days_left(today)
    if days is None or not ending.is_near(today):
        return None
    instead = f": choose {ending.successor} instead" if ending.successor else ""
    return Reason(60 if days < 1 else 20 if days <= 7 else 10, f"Its model {ending.in_words(today)}{instead}.")


def _errors(now: Figures) -> Reason | None:
    """By the least share that failed beyond doubt: one failure of one call says little, of a hundred much."""
    failed, least = now.failed_by({kind.value for kind in BLAMED})
    points = round(WHOLE * least)
    words = f"{failed:,} of {now.calls:,} requests of the last 15 minutes failed by its own fault."
    return Reason(points, words) if points else None


def _slowness(lately: Lately) -> Reason | None:
    now, before = lately.now.whole, lately.before.whole
    if min(now.count, before.count) < LEAST_ANSWERS or not now.p50_ms or not before.p50_ms:
        return None
    times = now.p50_ms / before.p50_ms
    points = next((points for least, points in SLOWER if times >= least), 0)
    words = f"Half of its answers take {now.p50_ms:,.0f} ms or more, {times:.1f} times as long as before."
    return Reason(points, words) if points else None
