"""Outcomes of units, made up."""

from datetime import UTC, datetime, timedelta

from tools.llm.experiments.statistics.estimates import Question
from tools.llm.experiments.statistics.metrics import METRICS
from tools.llm.experiments.statistics.outcomes import Stratum, UnitOutcome

START = datetime(2026, 3, 2, tzinfo=UTC)
EVEN = (Stratum(0, {"a": 1, "b": 1}),)


def unit(arm, won=1, calls=1, *, day=0, stratum=0, **more):
    return UnitOutcome(arm, stratum, START + timedelta(days=day), won, calls, **more)


def units(arm, won, lost, *, days=1, day=0, **more):
    """So many units that succeed and that fail, over so many days from *day* on."""
    return [unit(arm, int(n < won), day=day + n % days, **more) for n in range(won + lost)]


def question(metric="success", arm="b", strata=EVEN, **more):
    return Question(METRICS[metric], "a", arm, strata, **more)
