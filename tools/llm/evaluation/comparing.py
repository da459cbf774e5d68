"""Two runs side by side, case by case: better, worse, or no difference shown. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tools.llm.evaluation.plan import NO_PROMPT
from tools.llm.evaluation.statistics import sign_test

# A difference is shown where chance alone makes one like it at most so often.
LEVEL = 0.05
ROUNDING = 1e-9  # sums of shares that are even


class Key(NamedTuple):
    """What is asked. ``asked`` is the label or number of the prompt's version, as somebody wrote it."""

    suite: str
    case: str
    deployment: str
    asked: str

    def __str__(self) -> str:
        return f"{self.suite}/{self.case} at {self.deployment}"


class Row(NamedTuple):
    """One result of a run, for comparison."""

    key: Key
    digest: str
    passed: bool


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference shown"
    NOTHING = "nothing to compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed since *against*, the number of a run; ``better`` and ``worse`` are cases by deployment.

    The test counts a case once, however often and of how many deployments it was asked: these are no chances of
    their own, for what makes a case worse for one model often does for the next. ``regressed`` says whether a run
    has to be called one. In the lab that is each case that fails now: there the same question has the same answer,
    and nothing is left to chance. Elsewhere the test decides.
    """

    verdict: Verdict
    against: int
    pairs: int = 0  # cases, over all deployments
    cases_better: int = 0
    cases_worse: int = 0
    better: tuple[Key, ...] = ()
    worse: tuple[Key, ...] = ()
    p: float = 1.0
    changed: int = 0  # cases that were edited since, and are left out
    regressed: bool = False
    passed_over: tuple[int, ...] = ()  # later runs, which were regressions themselves

    def __str__(self) -> str:
        if self.verdict is Verdict.NOTHING:
            left = f": {self.changed} of its cases were edited since" if self.changed else ""
            return f"Run {self.against} has nothing that was asked now, too{left}."
        said = f"{self.verdict.capitalize()}: against run {self.against}, of {self.pairs} cases "
        said += f"{self.cases_worse} got worse and {self.cases_better} better (sign test, p = {self.p:.3f})"
        if self.changed:
            said += f"; {self.changed} were edited since and are left out"
        if self.regressed and self.verdict is not Verdict.WORSE:
            said += "; in the lab, where nothing is chance, each that got worse is a regression"
        if self.passed_over:
            runs = ", ".join(map(str, self.passed_over))
            said += f"; passed over as regressions themselves: {runs} (who accepts one compares --against it)"
        return f"{said}."


def compare(now: Iterable[Row], before: Iterable[Row], against: int, *, in_lab: bool) -> Comparison:
    """What is otherwise *now* than in the run *against*."""
    shares_now, digests_now = shares(now)
    shares_then, digests_then = shares(before)
    both = shares_now.keys() & shares_then.keys()
    same = {key for key in both if digests_now[key] == digests_then[key]}
    if not same:
        return Comparison(verdict=Verdict.NOTHING, against=against, changed=len(both))
    better = tuple(sorted(key for key in same if shares_now[key] > shares_then[key]))
    worse = tuple(sorted(key for key in same if shares_now[key] < shares_then[key]))
    by_case: dict[tuple[str, str, str], float] = defaultdict(float)
    for key in same:
        by_case[key.suite, key.case, key.asked] += shares_now[key] - shares_then[key]
    up, down = (sum(sign * change > ROUNDING for change in by_case.values()) for sign in (1, -1))
    p = sign_test(min(up, down), max(up, down))
    verdict = Verdict.NO_DIFFERENCE
    if p <= LEVEL:
        verdict = Verdict.WORSE if down > up else Verdict.BETTER
    return Comparison(
        verdict=verdict,
        against=against,
        pairs=len(by_case),
        cases_better=up,
        cases_worse=down,
        better=better,
        worse=worse,
        p=p,
        changed=len(both) - len(same),
        regressed=verdict is Verdict.WORSE or (in_lab and bool(worse)),
    )


def shares(rows: Iterable[Row]) -> tuple[Mapping[Key, float], Mapping[Key, str]]:
    """By what was asked: the share that passed, and the digest of the case."""
    passed: dict[Key, list[bool]] = defaultdict(list)
    digests = {}
    for row in rows:
        passed[row.key].append(row.passed)
        digests[row.key] = row.digest
    return {key: sum(each) / len(each) for key, each in passed.items()}, digests


def aligned(now: list[Row], before: list[Row]) -> list[Row]:
    """*before* with the version as *now* calls it, where each run has one alone: one version against another."""
    versions_now, versions_then = ({row.key.asked for row in rows} - {NO_PROMPT} for rows in (now, before))
    if len(versions_now) != 1 or len(versions_then) != 1:
        return before
    (asked,) = versions_now
    return [
        row if row.key.asked == NO_PROMPT else row._replace(key=row.key._replace(asked=asked)) for row in before
    ]
