"""Whether units came to the arms as the weights say. Where they did not, nothing else can be read.

Chi-square of Pearson on unique units, summed over strata, and the sequential test of M. Lindon and A. Malek
(Anytime-valid inference for multinomial count data, NeurIPS 2022): the evidence of a Dirichlet-multinomial around
the weights against the weights. The first is what products show and is for one look; the second holds however
often one looks and for few units, so it decides.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma, log

from tools.llm.experiments.statistics.bets import log_mean
from tools.llm.experiments.statistics.gamma import chi_square_survival
from tools.llm.experiments.statistics.outcomes import Stratum

# A mismatch is said where chance would bring it once in a thousand.
ALPHA = 0.001
# Fewer expected units in a cell than this, and chi-square is no good there.
LEAST_EXPECTED = 5
# How close to the weights a mismatch is expected, from much beside them to a percent or two.
CONCENTRATIONS = (10.0, 100.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """``p`` is chi-square's for one look, None with too few units. ``evidence`` is the logarithm of how much more
    likely the counts are under some other weights; it decides against ``1 / alpha``."""

    units: Mapping[str, int]
    expected: Mapping[str, float]
    p: float | None
    evidence: float
    alpha: float = ALPHA

    @property
    def is_found(self) -> bool:
        return self.evidence >= -log(self.alpha)


def check(strata: Sequence[Stratum], counts: Mapping[tuple[int, str], int], alpha: float = ALPHA) -> Mismatch:
    """*counts* are unique units by stratum and arm."""
    units = Counter[str]()
    expected: defaultdict[str, float] = defaultdict(float)
    statistic, freedom, evidence = 0.0, 0, 0.0
    for stratum in strata:
        shares = shares_of(stratum)
        seen = [counts.get((stratum.number, arm), 0) for arm in shares]
        planned = [sum(seen) * share for share in shares.values()]
        units.update(dict(zip(shares, seen, strict=True)))
        for arm, number in zip(shares, planned, strict=True):
            expected[arm] += number
        if len(shares) > 1:
            evidence += log_mean([evidence_of(seen, list(shares.values()), near) for near in CONCENTRATIONS])
        if len(shares) > 1 and min(planned) >= LEAST_EXPECTED:
            statistic += sum((n - by) ** 2 / by for n, by in zip(seen, planned, strict=True))
            freedom += len(shares) - 1
    p = chi_square_survival(statistic, freedom) if freedom else None
    return Mismatch(units, expected, p, evidence, alpha)


def by_value(
    strata: Sequence[Stratum], units: Iterable[tuple[str, int, str]], alpha: float = ALPHA
) -> dict[str, Mismatch]:
    """The check for each value of a dimension (a provider, a model). *units* are (value, stratum, arm).

    Values share *alpha*, so that a dimension of many is not more often alarmed.
    """
    counts: dict[str, Counter[tuple[int, str]]] = {}
    for value, stratum, arm in units:
        counts.setdefault(value, Counter())[stratum, arm] += 1
    return {value: check(strata, each, alpha / len(counts)) for value, each in sorted(counts.items())}


def shares_of(stratum: Stratum) -> dict[str, float]:
    total = sum(stratum.weights.values())
    return {arm: weight / total for arm, weight in stratum.weights.items() if weight > 0}


def evidence_of(seen: Sequence[int], shares: Sequence[float], near: float) -> float:
    """The logarithm of the Bayes factor, which under the weights is 1 in the mean at any moment."""
    n = sum(seen)
    log_factor = lgamma(near) - lgamma(near + n)
    for count, share in zip(seen, shares, strict=True):
        log_factor += lgamma(near * share + count) - lgamma(near * share) - count * log(share)
    return log_factor
