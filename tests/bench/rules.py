"""How often the default rule is wrong, and how fast it is right: the tables of docs/alerts.md, by simulation.

`python -m tests.bench rules`. No server: calls are drawn, and judged by the evaluator's own functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np

STEP_S, WINDOW_S, DAY_S = 5, 300, 86_400
STEPS = WINDOW_S // STEP_S
# From the end of a step to its look: settling, and what beat and the worker take.
LOOK_AFTER_S = 2.2
DAYS, BREAKDOWNS = 60, 300
MINIMUM_CALLS = 20  # of the default rule
# Calls a second, and the share that a warm cache answers.
CACHED = ((0.2, 0.95), (1.0, 0.90), (1.0, 0.95), (1.0, 0.98), (1.0, 0.99), (5.0, 0.95), (5.0, 0.98), (5.0, 0.99))
FEW, MANY = ("",), ("a", "b", "c", "d", "e")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls a second, and of them the shares: with bad arguments, answered by the cache, of runs that fail."""

    rate: float
    failing: float = 0.0
    bad: float = 0.0
    cached: float = 0.0
    providers: tuple[str, ...] = FEW
    bad_provider: float = 0.0  # the share of bad arguments of the last provider, where it differs

    def drawn(self, rng: np.random.Generator, steps: int) -> np.ndarray[Any, Any]:
        """Counts by step, provider and kind: good runs, failed runs, from the cache, bad arguments."""
        found = np.zeros((steps, len(self.providers), 4), dtype=np.int64)
        for at in range(len(self.providers)):
            last = at == len(self.providers) - 1
            bad_share = self.bad_provider if last and self.bad_provider else self.bad
            calls = rng.poisson(self.rate * STEP_S / len(self.providers), steps)
            bad = rng.binomial(calls, bad_share)
            cached = rng.binomial(calls - bad, self.cached)
            failed = rng.binomial(calls - bad - cached, self.failing)
            found[:, at] = np.stack([calls - bad - cached - failed, failed, cached, bad], axis=1)
        return found


def windows(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The sums of the last STEPS steps, for each look that has a whole window."""
    sums = np.concatenate([np.zeros_like(counts[:1]), np.cumsum(counts, axis=0)])
    return sums[STEPS:] - sums[:-STEPS]


def fired(looks: np.ndarray[Any, Any], traffic: Traffic, suspects_only: bool) -> Iterator[int]:
    """At which looks the default rule fires."""
    from telemetry.alerts.models import Rule, State
    from telemetry.alerts.verdict import Standing, Verdict, next_state, verdict
    from telemetry.alerts.windows import Key
    from telemetry.counts.outcome_counts import Tally
    from telemetry.semconv import Outcome
    from tests.telemetry.alerts.builders import NOON

    kinds = (Outcome.FIRST_TRY, Outcome.TIMEOUT, Outcome.FROM_CACHE, Outcome.ARGUMENTS)
    rule, standing = Rule(), Standing.at_rest(NOON)
    suspect = _suspect(looks) if suspects_only else np.ones(len(looks), dtype=bool)

    @cache  # the same numbers come again and again
    def said(counted: bytes, broken: tuple[str, ...]) -> Verdict:
        counts = np.frombuffer(counted, dtype=np.int64).reshape(looks.shape[1:])
        calls = {
            Key("t", provider, ""): Tally(dict(zip(kinds, map(int, counts[place]), strict=True)))
            for place, provider in enumerate(traffic.providers)
        }
        return verdict(rule, {None: calls}, broken)

    for at in range(len(looks)):
        if standing.state == State.INACTIVE and not suspect[at]:
            continue
        before, now = standing.state, NOON + timedelta(seconds=at * STEP_S)
        standing = next_state(rule, standing, said(looks[at].tobytes(), standing.broken), now)
        if standing.state == State.FIRING != before:
            yield at


def _suspect(looks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Looks at which any share is below 90 %: no other can be a breach."""
    good, failed, cached, bad = (looks.sum(axis=1)[:, kind] for kind in range(4))
    calls, runs = np.maximum(good + failed + cached + bad, 1), np.maximum(good + failed, 1)
    provider_calls = np.maximum(looks.sum(axis=2), 1)
    provider_bad = (looks[:, :, 3] / provider_calls).max(axis=1)
    together = np.where(runs < MINIMUM_CALLS, 1.0, (1 - bad / calls) * (1 - failed / runs))
    return (together < 0.9) | (bad > 0.1 * calls) | (provider_bad > 0.1)


def false_alarms(traffic: Traffic, rng: np.random.Generator) -> float:
    """False incidents a day of a tool whose calls go as *traffic* says, always."""
    looks = windows(traffic.drawn(rng, DAYS * DAY_S // STEP_S + STEPS))
    return len(list(fired(looks, traffic, suspects_only=True))) / DAYS


def times_s(before: Traffic | None, after: Traffic, rng: np.random.Generator) -> list[float]:
    """Seconds from a breakdown to its message, the 10th, 50th, 90th and 95th percentile; inf where none came."""
    found = []
    for _ in range(BREAKDOWNS):
        past = (before or Traffic(0.0, providers=after.providers)).drawn(rng, STEPS)
        part = rng.uniform()  # the breakdown begins anywhere within a step
        failing = [replace(after, rate=after.rate * part).drawn(rng, 1), after.drawn(rng, 240)]
        looks = windows(np.concatenate([past, *failing]))[1:]
        first = next(fired(looks, after, suspects_only=False), None)
        found.append(np.inf if first is None else (part + first) * STEP_S + LOOK_AFTER_S)
    return [float(each) for each in np.percentile(found, [10, 50, 90, 95])]


def run() -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(1)
    for calls in (20, 50, 100, 300):
        for failing in (0.01, 0.03, 0.05, 0.07):
            yield _alarms(f"{calls} calls in 5 minutes at {1 - failing:.0%}", Traffic(calls / 300, failing), rng)
    warm = {"cached": 0.9, "bad": 0.02}
    yield _alarms("100 calls, 2 % bad, 90 % cached", Traffic(1 / 3, **warm), rng)
    yield _alarms("1,000 calls, 2 % bad, 2 % failing, 90 % cached", Traffic(10 / 3, 0.02, **warm), rng)
    yield _alarms("the same of five providers", Traffic(10 / 3, 0.02, providers=MANY, **warm), rng)
    for rate, cached in CACHED:
        for failing, bad in ((0.02, 0.01), (0.03, 0.02), (0.05, 0.02)):
            name = f"{rate:g}/s, {cached:.0%} cached, {1 - failing:.0%} of runs, {1 - bad:.0%} of arguments good"
            yield _alarms(name, Traffic(rate, failing, bad, cached), rng)
    well = {rate: Traffic(rate, 0.04) for rate in (0.2, 1.0, 5.0)}
    for name, before, after in (
        ("5/s, no older calls, all bad", None, Traffic(5.0, 1.0)),
        ("1/s, no older calls, all bad", None, Traffic(1.0, 1.0)),
        ("5/s from 96 % to 10 %", well[5.0], Traffic(5.0, 0.9)),
        ("1/s from 96 % to 10 %", well[1.0], Traffic(1.0, 0.9)),
        ("1/s from 96 % to 50 %", well[1.0], Traffic(1.0, 0.5)),
        ("1/s from 96 % to 70 %", well[1.0], Traffic(1.0, 0.3)),
        ("0.2/s from 96 % to 10 %", well[0.2], Traffic(0.2, 0.9)),
        (
            "1/s of five providers, 95 % cached, one sends bad arguments only",
            Traffic(1.0, cached=0.95, providers=MANY),
            Traffic(1.0, cached=0.95, providers=MANY, bad_provider=1.0),
        ),
        ("1/s, half bad arguments, the rest cached", Traffic(1.0, cached=1.0), Traffic(1.0, bad=0.5, cached=1.0)),
        *(
            (
                f"{rate:g}/s, {cached:.0%} cached, the tool fails",
                Traffic(rate, cached=cached),
                Traffic(rate, 1.0, cached=cached),
            )
            for rate, cached in (*CACHED[1:], (20.0, 0.99))
        ),
    ):
        low, middle, high, p95 = times_s(before, after, rng)
        spread = {"p10_s": round(low), "median_s": round(middle), "p90_s": round(high), "p95_s": round(p95, 1)}
        yield {"bench": f"time to tell: {name}", **spread}


def _alarms(name: str, traffic: Traffic, rng: np.random.Generator) -> dict[str, object]:
    return {"bench": f"false incidents a day: {name}", "a_day": round(false_alarms(traffic, rng), 3), "days": DAYS}
