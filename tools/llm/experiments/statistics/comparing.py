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
    gathered, waiting = gather(question), sorted(units, key=lambda unit: unit.at, reverse=True)
    seen = []
    for look in looks:
        settled = []
        while waiting and waiting[-1].at + window <= look:
            settled.append(waiting.pop())
        gathered.add(settled)
        seen.append((look, gathered.estimate()))
    return seen


def gather(question: Question) -> shares.Gathered | factors.Gathered:
    """By the method that fits the metric."""
    return shares.Gathered(question) if question.metric.kind is Kind.SHARE else factors.Gathered(question)
