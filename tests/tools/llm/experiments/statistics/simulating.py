"""Experiments that never were, thousands at once with fixed seeds, judged at each day's end.

``wealths_of_all`` is ``bets.wealths`` over again for all of them at once; a test holds the two to each other. All
else is judged by the code that judges real experiments.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from statistics import median

import numpy as np
from numpy.typing import NDArray

from tools.llm.experiments.statistics import beside, bets, sums

Array = NDArray[np.float64]
DAYS, A_DAY, ALPHA, BASE = 30, 80, 0.05, 0.9
EVEN = (0.5,) * DAYS
# The arm has 1, 10 and 50 % for ten days each.
RAMP, STEPS = (0.01,) * 10 + (0.1,) * 10 + (0.5,) * 10, (0,) * 10 + (1,) * 10 + (2,) * 10
# Units that succeed and fail, of the control and of the arm.
VALUES, IN_ARM = np.array([1.0, 0.0, 1.0, 0.0]), np.array([False, False, True, True])


@dataclass(frozen=True)
class Found:
    """In how many percent of the experiments something was told on any day, and the median day of it."""

    percent: float
    day: float | None

    @classmethod
    def of(cls, days: Sequence[int | None]) -> "Found":
        told = [int(day) for day in days if day is not None]
        return cls(round(100 * len(told) / len(days), 1), median(told) if told else None)


def first_day(told: Iterator[bool]) -> int | None:
    """The first day on which it is told, counted from 1."""
    return next((day for day, is_told in enumerate(told, 1) if is_told), None)


@lru_cache
def drawn(
    seed: int, runs: int, control: tuple[float, ...], arm: tuple[float, ...], shares: tuple[float, ...]
) -> NDArray[np.int64]:
    """Units of *runs* experiments by day, as VALUES has them; rates and chances of the arm are by day."""
    source = np.random.default_rng(seed)
    in_arm = source.binomial(A_DAY, shares, (runs, len(shares)))
    in_control = A_DAY - in_arm
    won, arm_won = source.binomial(in_control, control), source.binomial(in_arm, arm)
    return np.stack([won, in_control - won, arm_won, in_arm - arm_won], axis=-1)


def steady(seed: int, control: float, arm: float, share: float = 0.5, runs: int = 2000) -> NDArray[np.int64]:
    return drawn(seed, runs, (control,) * DAYS, (arm,) * DAYS, (share,) * DAYS)


def wealths_of_all(
    counts: Array, values: Array, in_arm: Array, shares: Sequence[float], null: float = 0.0
) -> Array:
    """By side, experiment and day. All are by experiment, day and cell."""
    runs, days, _ = counts.shape
    values, in_arm = np.broadcast_to(values, counts.shape), np.broadcast_to(in_arm, counts.shape)
    logs, told = np.zeros((2, len(bets.STAKES), runs)), np.zeros((2, runs, days))
    total, n = np.full(runs, BASE), np.ones(runs)
    for day, p in enumerate(shares):
        level, weight, units, value = total / n, p * (1 - p), counts[:, day], values[:, day]
        scores = np.where(in_arm[:, day], 1 - p, -p) * (value - level[:, None]) - weight * null
        most = (
            np.maximum((1 - p) * level, p * (1 - level)) + weight,
            np.maximum((1 - p) * (1 - level), p * level) + weight,
        )
        for side, sign in ((bets.ABOVE, 1), (bets.BELOW, -1)):
            for place, stake in enumerate(bets.STAKES):
                capped = np.minimum(stake, bets.MOST / most[side])
                logs[side, place] += (units * np.log1p(sign * capped[:, None] * scores)).sum(axis=1)
        told[:, :, day] = np.logaddexp.reduce(logs, axis=1) - log(len(bets.STAKES))
        total = bets.MEMORY * total + (units * value).sum(axis=1)
        n = bets.MEMORY * n + units.sum(axis=1)
    return told


def first_days(told: NDArray[np.bool_]) -> list[int | None]:
    return [
        day + 1 if any_day else None for day, any_day in zip(told.argmax(axis=1), told.any(axis=1), strict=True)
    ]


def by_bets(
    counts: Array,
    shares: Sequence[float] = EVEN,
    *,
    null: float = 0.0,
    alpha: float = ALPHA,
    sides: slice = slice(2),
) -> list[int | None]:
    """The day on which the interval leaves out *null*, of each experiment."""
    told = wealths_of_all(counts, VALUES, IN_ARM, shares, null)
    return first_days(told[sides].max(axis=0) >= log(2 / alpha))


def blocks_of(days: Sequence[Sequence[int]], shares: Sequence[float]) -> list[bets.Block]:
    """One experiment, as the product takes it."""
    return [
        bets.Block(0, share, {1.0: won, 0.0: lost}, {1.0: arm_won, 0.0: arm_lost})
        for (won, lost, arm_won, arm_lost), share in zip(days, shares, strict=True)
    ]


def by_z_test(days: Array) -> Iterator[bool]:
    """Whether the z-test of all units so far has p < 0.05, by day."""
    for won, lost, arm_won, arm_lost in days.cumsum(axis=0).tolist():
        yield beside.z_test((won, won + lost), (arm_won, arm_won + arm_lost)) < ALPHA


def by_sequence(days: Array, strata: Sequence[int]) -> Iterator[bool]:
    """Whether the confidence sequence of shares leaves out 0, by day."""
    before: dict[int, list[sums.Sums]] = {}
    for won, lost, arm_won, arm_lost, stratum in in_stratum(days, strata):
        before[stratum] = [of_share(won, won + lost), of_share(arm_won, arm_won + arm_lost)]
        yield leaves_out_0(
            [pair for pair in before.values() if min(arm.n for arm in pair) >= sums.LEAST_IN_STRATUM]
        )


def in_stratum(days: Array, strata: Sequence[int]) -> list[list[int]]:
    """Units so far, each day of its stratum alone."""
    parts = [days[[each == stratum for each in strata]].cumsum(axis=0) for stratum in dict.fromkeys(strata)]
    return np.column_stack([np.concatenate(parts), strata]).tolist()


def of_share(won: int, n: int) -> sums.Sums:
    return sums.Sums(n, won, n, won, n, won)


def leaves_out_0(
    pairs: Sequence[Sequence[sums.Sums]], of: Callable[..., sums.Difference] = sums.difference
) -> bool:
    found = sums.combined([of(*pair) for pair in pairs])
    enough = min(sum(pair[arm].n for pair in pairs) for arm in (0, 1)) >= sums.LEAST
    return bool(found and enough and abs(found.effect) > sums.radius(found, ALPHA))


def by_pairs(seed: int, control: float, arm: float, runs: int) -> Found:
    """As many pairs a day as an arm has units."""
    chances = [control * (1 - arm), (1 - control) * arm]
    source = np.random.default_rng(seed)
    days = source.multinomial(A_DAY // 2, [*chances, 1 - sum(chances)], (runs, DAYS)).cumsum(axis=1).tolist()
    told = (
        (max(beside.pair_wealths({-1.0: worse, 1.0: better})) >= log(2 / ALPHA) for worse, better, _ in run)
        for run in days
    )
    return Found.of([first_day(run) for run in told])


@lru_cache
def of_all(control: float, arm: float, share: float = 0.5, runs: int = 2000) -> dict[str, Found]:
    """What each method tells of the same experiments; pairs have their own, as they need an even split."""
    days = steady(1, control, arm, share, runs)
    found = {
        "z": Found.of([first_day(by_z_test(run)) for run in days]),
        "sequence": Found.of([first_day(by_sequence(run, (0,) * DAYS)) for run in days]),
        "bets": Found.of(by_bets(days, (share,) * DAYS)),
    }
    return found | ({"pairs": by_pairs(1, control, arm, runs)} if share == 0.5 else {})


OUTAGE = (0.95,) * 10 + (0.5,) * 10 + (0.95,) * 10


@lru_cache
def of_outage(runs: int = 2000) -> dict[str, Found]:
    """For ten days half of all units fail, whatever their arm."""
    days = drawn(1, runs, OUTAGE, OUTAGE, EVEN)
    return {
        "z": Found.of([first_day(by_z_test(run)) for run in days]),
        "pairs": Found.of([first_day(by_pairs_as_they_come(run, place)) for place, run in enumerate(days)]),
        "sequence": Found.of([first_day(by_sequence(run, (0,) * DAYS)) for run in days]),
        "bets": Found.of(by_bets(days)),
    }


def by_pairs_as_they_come(days: Array, seed: int) -> Iterator[bool]:
    """The k-th unit of the arm with the k-th of the control: from another hour where one arm has more units."""
    source = np.random.default_rng(seed)
    control, arm = (
        np.concatenate([source.permutation(np.repeat([1, 0], day)) for day in days[:, part]])
        for part in (slice(0, 2), slice(2, 4))
    )
    both = min(len(control), len(arm))
    differences = arm[:both] - control[:both]
    so_far = [np.concatenate([[0], (differences == each).cumsum()]) for each in (-1, 1)]
    for n, m in np.stack([days[:, :2].sum(axis=1), days[:, 2:].sum(axis=1)], axis=-1).cumsum(axis=0).tolist():
        worse, better = (int(each[min(n, m)]) for each in so_far)
        yield max(beside.pair_wealths({-1.0: worse, 1.0: better})) >= log(2 / ALPHA)


@lru_cache
def of_ramp(gain: float = 0.0, runs: int = 2000) -> dict[str, Found]:
    """The level of both arms falls by 5 points with each step of the ramp."""
    level = tuple(0.95 - 0.05 * step for step in STEPS)
    days = drawn(1, runs, level, tuple(each + gain for each in level), RAMP)
    return {
        "z": Found.of([first_day(by_z_test(run)) for run in days]),
        "sequence": Found.of([first_day(by_sequence(run, STEPS)) for run in days]),
        "bets": Found.of(by_bets(days, RAMP)),
    }


@lru_cache
def of_clusters(runs: int = 2000) -> dict[str, Found]:
    """Units of 1 to 8 calls, one in eight of which goes wrong as a whole, as conversations do; without effect."""
    source = np.random.default_rng(1)
    shape = (runs, DAYS, A_DAY)
    in_arm = source.random(shape) < 0.5
    calls = source.integers(1, 9, shape)
    won = source.binomial(calls, np.where(source.random(shape) < 1 / 8, 0.2, 0.97))
    lost = calls - won
    cells = [(part * place).sum(axis=2) for place in (~in_arm, in_arm) for part in (won, lost)]
    told = wealths_of_all(np.ones(shape), won / calls, in_arm, EVEN)
    return {
        "z": Found.of([first_day(by_z_test(run)) for run in np.stack(cells, axis=-1)]),
        "bets": Found.of(first_days(told.max(axis=0) >= log(2 / ALPHA))),
    }


@lru_cache
def of_three_arms(runs: int = 2000) -> dict[str, Found]:
    """Two arms beside one control, all alike: whether any comparison tells something, each with half of ALPHA."""
    source = np.random.default_rng(1)
    n = source.multinomial(3 * A_DAY // 2, [1 / 3] * 3, (runs, DAYS))
    won = source.binomial(n, 0.9)
    pairs = [
        np.stack([won[..., 0], (n - won)[..., 0], won[..., arm], (n - won)[..., arm]], axis=-1) for arm in (1, 2)
    ]
    z = [[first_day(by_z_test(run)) for run in pair] for pair in pairs]
    told = [by_bets(pair, alpha=ALPHA / 2) for pair in pairs]
    return {"z": Found.of(list(map(earliest, *z))), "bets": Found.of(list(map(earliest, *told)))}


def earliest(*days: int | None) -> int | None:
    return min((day for day in days if day), default=None)


@lru_cache
def of_slower(factor: float, deviation: float, runs: int = 400) -> Found:
    """Latencies of the arm that are *factor* times as long."""
    source = np.random.default_rng(1)
    time = (
        source.normal(6, deviation, (2, runs, DAYS, A_DAY // 2)) + np.array([0, log(factor)])[:, None, None, None]
    )
    parts = [each.sum(axis=3).cumsum(axis=2) for each in (time, time**0, time**2, time**0, time)]
    by_day = np.moveaxis(np.stack(parts, axis=-1), 0, 2).tolist()
    return Found.of([first_day(of_sums(run, sums.difference)) for run in by_day])


@lru_cache
def of_factors(runs: int = 2000) -> dict[str, Found]:
    """Latencies and costs that are skewed (lognormal, sigma 1), without effect; costs grow with the calls."""
    source = np.random.default_rng(1)
    shape = (2, runs, DAYS, A_DAY // 2)
    calls = source.integers(1, 9, shape)
    won = source.binomial(calls, 0.9)
    cost, time = source.lognormal(-5, 1, shape) * calls, source.normal(6, 1, shape)
    found = {}
    for name, x, y, of in (
        ("latency", time, np.ones(shape), sums.difference),
        ("cost_per_success", cost, won, sums.log_difference),
    ):
        parts = [each.sum(axis=3).cumsum(axis=2) for each in (x, y, x * x, y * y, x * y)]
        by_day = np.moveaxis(np.stack(parts, axis=-1), 0, 2).tolist()
        found[name] = Found.of([first_day(of_sums(run, of)) for run in by_day])
    return found


def of_sums(days: Sequence[Sequence[Sequence[float]]], of: Callable[..., sums.Difference]) -> Iterator[bool]:
    return (
        leaves_out_0([[sums.Sums(day * A_DAY // 2, *arm) for arm in both]], of) for day, both in enumerate(days, 1)
    )


# The rows of the table in ``docs/experiments-statistics.md``: experiments without a difference, and with one.
ROWS: dict[str, Callable[[], dict[str, Found]]] = {
    "none: 90 % and 90 %": lambda: of_all(0.9, 0.9, 0.5),
    "none: 95 % and 95 %": lambda: of_all(0.95, 0.95, 0.5),
    "none: 90 % and 90 %, split 90:10": lambda: of_all(0.9, 0.9, 0.1),
    "none: 95 % and 95 %, an outage of ten days at 50 %": of_outage,
    "none: units of 1 to 8 calls that fail together": of_clusters,
    "none: ramp 1 → 10 → 50 % while the level falls 95 → 90 → 85 %": of_ramp,
    "none: three arms of 90 %": of_three_arms,
    "none: latency, skewed": lambda: {"sequence": of_factors()["latency"]},
    "none: cost a success, skewed": lambda: {"sequence": of_factors()["cost_per_success"]},
    "90 % and 93 %": lambda: of_all(0.9, 0.93, runs=400),
    "90 % and 95 %": lambda: of_all(0.9, 0.95, runs=400),
    "95 % and 90 %": lambda: of_all(0.95, 0.9, runs=400),
    "95 % and 80 %": lambda: of_all(0.95, 0.8, runs=400),
}


def row(what: str) -> str:
    """A row of the table. Where there is a difference, what the z-test finds means nothing, and days are told."""
    found, is_none = ROWS[what](), what.startswith("none")
    cells = [cell(found.get(by), with_day=not is_none) for by in ("z", "pairs", "sequence", "bets")]
    return f"| {' | '.join([what, *(cells if is_none else ['not valid', *cells[1:]])])} |"


def cell(found: Found | None, with_day: bool) -> str:
    if found is None:
        return "–"
    return f"{found.percent:.1f} %" + (f", day {found.day:.0f}" if with_day and found.day else "")
