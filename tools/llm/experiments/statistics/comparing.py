"""Two arms compared in one metric: the effect, and an interval that holds however often one looks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tools.llm.experiments.statistics import factors, shares
from tools.llm.experiments.statistics.estimates import Estimate, Question
from tools.llm.experiments.statistics.metrics import Kind
from tools.llm.experiments.statistics.outcomes import UnitOutcome


def compare(question: Question, units: Iterable[UnitOutcome]) -> Estimate:
    """What *units*, all of them settled, say of the question. Units of other arms are passed over."""
    gathered = gather(question)
    gathered.add(units)
    return gathered.estimate()


def over_time(
    question: Question, units: Iterable[UnitOutcome], looks: Iterable[datetime], window: timedelta = timedelta(0)
) -> list[tuple[datetime, Estimate]]:
    """What one would have seen at each of *looks*, which are in their order: the line and the band of a chart."""
    gathered, waiting = gather(question), list(units)
    seen = []
    for look in looks:
        gathered.add(unit for unit in waiting if unit.is_settled(look, window))
        waiting = [unit for unit in waiting if not unit.is_settled(look, window)]
        seen.append((look, gathered.estimate()))
    return seen


def gather(question: Question) -> shares.Gathered | factors.Gathered:
    """By the method that fits the metric."""
    return shares.Gathered(question) if question.metric.kind is Kind.SHARE else factors.Gathered(question)
