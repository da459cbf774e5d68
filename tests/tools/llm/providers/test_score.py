"""How well a deployment is: points of a hundred, with what takes them."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.providers.endings import Ending
from tools.llm.providers.score import score_of
from tools.llm.providers.snapshot import Known
from tools.llm.providers.status import Status
from tools.llm.routing.budget import Budget
from tools.state.base import BreakerState
from tools.state.quotas.quota import Used

TODAY = date(2026, 12, 1)


@dataclass
class Timed:
    count: int = 0
    p50_ms: float | None = None


@dataclass
class Figures:
    calls: int = 0
    failed: int = 0
    least: float = 0.0
    whole: Timed = field(default_factory=Timed)

    def failed_by(self, kinds):
        return (self.failed, self.least) if "timeout" in kinds and "context" not in kinds else (0, 0.0)


@dataclass
class Lately:
    now: Figures = field(default_factory=lambda: Figures(calls=40))
    before: Figures = field(default_factory=Figures)


def score(
    lately=None,
    *,
    breaker=BreakerState.CLOSED,
    rest_s=0.0,
    ends=None,
    lacks="",
    enabled=True,
    usd=None,
    spent=0,
    known=True,
):
    budget = Budget.of_deployment("sol", usd and Decimal(usd))
    where = Deployment(
        name="sol", provider="openai", model="gpt-6-sol", base_url="", key="k", can=Capabilities(api="responses")
    )
    status = Status(
        known=Known(deployment=where, budget=budget, ending=Ending(ends, "gpt-7"), lacks=lacks, enabled=enabled),
        routes=(),
        breaker=breaker,
        rest_s=rest_s,
        dollars=Used(budget.dollars, spent * 1_000_000, 0.0),
        tokens=Used(budget.used_tokens, 0, 0.0),
    )
    return score_of(status, ({"sol": lately} if lately else {}) if known else None, TODAY)


def test_one_that_answers_has_all_points():
    assert score(Lately()) == score(Lately(now=Figures(calls=1)))
    assert (score(Lately()).points, score(Lately()).reasons) == (100, ())


def test_one_that_nobody_asked_has_no_score_but_a_reason():
    assert score().points is None
    assert score(Lately(now=Figures())).reasons[0].words == "It was not asked in the last 15 minutes."
    assert "could not be read" in score(known=False).reasons[0].words


@pytest.mark.parametrize(
    ("about", "points", "words"),
    [
        ({"lacks": "The deployment sol has no key: store one."}, 0, "no key"),
        ({"lacks": "The deployment sol is switched off.", "enabled": False}, None, "switched off"),
        ({"breaker": BreakerState.OPEN, "rest_s": 24.4}, 20, "It rests for 24 s more"),
        ({"breaker": BreakerState.HELD_OPEN}, 20, "rests"),
        ({"breaker": BreakerState.HALF_OPEN}, 60, "the next request tries it"),
        ({"usd": "5", "spent": 5}, 0, "budget for today is used up"),
        ({"usd": "5", "spent": 4}, 90, "80 % of its budget"),
        ({"usd": "5", "spent": 3}, 100, ""),
        ({"ends": date(2026, 12, 31)}, 90, "ends on 2026-12-31, in 30 days: choose gpt-7 instead"),
        ({"ends": date(2026, 12, 3)}, 80, "in 2 days"),
        ({"ends": date(2026, 11, 30)}, 40, "has ended on 2026-11-30"),
        ({"ends": date(2027, 1, 1)}, 100, ""),
    ],
)
def test_what_is_known_of_it_takes_points(about, points, words):
    found = score(Lately(), **about)
    assert found.points == points
    assert (len(found.reasons) == 1 and words in found.reasons[0].words) if words else found.reasons == ()


def test_failures_take_the_share_that_is_beyond_doubt():
    found = score(Lately(now=Figures(calls=40, failed=12, least=0.18)))
    assert found.points == 82
    assert found.reasons[0].words == "12 of 40 requests of the last 15 minutes failed by its own fault."


@pytest.mark.parametrize(("now_ms", "points"), [(1_900, 100), (2_000, 85), (4_000, 70)])
def test_being_slower_than_before_takes_points(now_ms, points):
    calls = Lately(
        now=Figures(calls=10, whole=Timed(10, now_ms)), before=Figures(calls=10, whole=Timed(10, 1_000))
    )
    found = score(calls)
    assert found.points == points
    assert not found.reasons or "times as long as before" in found.reasons[0].words


def test_few_answers_are_not_called_slow():
    calls = Lately(now=Figures(calls=9, whole=Timed(9, 9_000)), before=Figures(calls=99, whole=Timed(99, 1_000)))
    assert score(calls).points == 100


def test_all_reasons_are_told_the_gravest_first_and_points_end_at_none():
    found = score(
        Lately(now=Figures(calls=40, failed=30, least=0.6)), breaker=BreakerState.OPEN, ends=date(2026, 12, 31)
    )
    assert found.points == 0
    assert [reason.points for reason in found.reasons] == [80, 60, 10]
    assert found.as_dict()["score"] == 0 and found.as_dict()["reasons"][2]["points"] == 10
