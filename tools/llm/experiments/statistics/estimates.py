"""What is asked of outcomes, and what an answer is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.llm.experiments.statistics.metrics import Metric
from tools.llm.experiments.statistics.outcomes import Stratum, UnitOutcome


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared with what, fixed before the start. *strata* are in the order of their time.

    *base* is a share's level as it was before the start; a wrong one costs units and makes nothing untrue.
    """

    metric: Metric
    control: str
    arm: str
    strata: Sequence[Stratum]
    alpha: float = 0.05
    base: float = 0.9

    def units(self, units: Iterable[UnitOutcome]) -> list[UnitOutcome]:
        """Those of the two arms; a stratum that the plan does not have is refused."""
        chosen = [unit for unit in units if unit.arm in (self.control, self.arm)]
        numbers = {stratum.number for stratum in self.strata}
        unknown = {unit.stratum for unit in chosen} - numbers
        if unknown:
            raise ValueError(
                f"Units are of strata {sorted(unknown)}, the plan has {sorted(numbers)}: give it all."
            )
        return chosen

    @property
    def split(self) -> str:
        """How the two arms are split: ``50:50``, or all splits in their order, ``99:1, then 90:10``."""
        percents = [100 * stratum.share(self.control, self.arm) for stratum in self.strata]
        words = [f"{100 - percent:.3g}:{percent:.3g}" for percent in percents]
        return ", then ".join(word for word, before in zip(words, ["", *words], strict=False) if word != before)


@dataclass(frozen=True, slots=True)
class Values:
    """What the arms came to, and the difference: a share's is one of points, others' are relative changes.

    They are means over strata with one weight for both arms, so that a ramp cannot turn them round.
    """

    control: float
    arm: float
    effect: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The effect of an arm against the control, and what it may be.

    ``low`` and ``high`` cover it at all moments at once with a chance of ``1 - alpha``. ``note`` says why there is
    no interval yet; then they are the widest that there can be. Units are those that count in this metric.
    """

    metric: Metric
    control: str
    arm: str
    alpha: float
    method: str
    split: str
    control_units: int
    arm_units: int
    values: Values | None
    low: float
    high: float
    note: str = ""

    @property
    def gain(self) -> tuple[float, float]:
        """The interval with more being better."""
        return (self.low, self.high) if self.metric.higher_is_better else (-self.high, -self.low)
