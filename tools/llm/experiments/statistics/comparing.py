"""Two arms compared in one metric: the effect, and an interval that holds however often one looks."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tools.llm.experiments.statistics import factors, shares
from tools.llm.experiments.statistics.estimates import Estimate, Question
from tools.llm.experiments.statistics.metrics import Kind
from tools.llm.experiments.statistics.outcomes import UnitOutcome, settled


def compare(question: Question, units: Iterable[UnitOutcome]) -> Estimate:
    """What *units*, all of them settled, say of the question. Units of other arms are passed over."""
    if question.metric.kind is Kind.SHARE:
        return shares.compare(question, units)
    return factors.compare(question, units)


def over_time(
    question: Question, units: Sequence[UnitOutcome], looks: Iterable[datetime], window: timedelta = timedelta(0)
) -> list[tuple[datetime, Estimate]]:
    """What one would have seen at each of *looks*: the line and the band of a chart."""
    return [(look, compare(question, settled(units, look, window))) for look in looks]
