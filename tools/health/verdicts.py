"""What is said of a tool, by its last calls, its breaker and its probe: a word, and a score with reasons. Pure."""

from collections.abc import Mapping
from typing import Any

from tools.health.probed import Probed
from tools.health.score import WHOLE, Reason, Score
from tools.state.base import BreakerState, RunCounts

MIN_CALLS = 5
UNHEALTHY_SHARE = 0.5
DEGRADED_SHARE = 0.1
# Answers that the tool could not do it: the callers' doing as often as the tool's, so it takes more of them.
DEGRADED_RETURNED_SHARE = 0.5
# What failures of that kind take at most, where every call returned one.
RETURNED_POINTS = 40
# A probe may be wrong where calls succeed.
PROBE_POINTS, PROBE_POINTS_AGAINST_CALLS, SLOW_POINTS = 60, 30, 15
BREAKER = {
    BreakerState.OPEN: Reason(80, "It rests, as it failed."),
    BreakerState.HELD_OPEN: Reason(WHOLE, "An admin holds its breaker open."),
    BreakerState.HALF_OPEN: Reason(40, "It has rested, and the next call tries it."),
}
OFF = Score(None, (Reason(0, "An admin has switched it off."),))
UNKNOWN = Score(None, (Reason(0, "Too few called it in the last 5 minutes, and no probe tells."),))


def verdict(counts: RunCounts, breaker: BreakerState, probed: Probed | None = None) -> str:
    """``healthy``, ``degraded``, ``unhealthy``, or ``unknown`` where neither calls nor a probe tell.

    *probed*: the last answer of its probe, None where there is none that still counts.
    """
    if breaker is BreakerState.OPEN or breaker is BreakerState.HELD_OPEN:
        return "unhealthy"
    by_calls = _by_calls(counts)
    if breaker is BreakerState.HALF_OPEN and by_calls != "unhealthy":
        by_calls = "degraded"
    if probed is None:
        return by_calls
    if not probed.ok:
        return "degraded" if by_calls == "healthy" else "unhealthy"
    if by_calls in ("unknown", "healthy"):
        return "degraded" if probed.slow else "healthy"
    return by_calls


def _by_calls(counts: RunCounts) -> str:
    if counts.total < MIN_CALLS:
        return "unknown"
    broken = counts.broken / counts.total
    if broken >= UNHEALTHY_SHARE:
        return "unhealthy"
    if broken >= DEGRADED_SHARE or counts.returned / counts.total >= DEGRADED_RETURNED_SHARE:
        return "degraded"
    return "healthy"


def score_of(
    counts: RunCounts, breaker: BreakerState, probed: Probed | None = None, *, enabled: bool = True
) -> Score:
    """The points of a tool, from what the verdict is made of."""
    if not enabled:
        return OFF
    found = [BREAKER.get(breaker), *_of_calls(counts), _of_probe(probed, _by_calls(counts))]
    if any(found) or probed is not None or counts.total >= MIN_CALLS:
        return Score.of(found)
    return UNKNOWN


def _of_calls(counts: RunCounts) -> list[Reason | None]:
    """As many points as share of the calls that broke; fewer for what the tool itself said it could not do."""
    if counts.total < MIN_CALLS:
        return []
    broken, returned = counts.broken / counts.total, counts.returned / counts.total
    of = f"of {counts.total:,} calls of the last 5 minutes"
    return [
        Reason(round(WHOLE * broken), f"{counts.broken:,} {of} broke.") if broken else None,
        Reason(round(RETURNED_POINTS * returned), f"{counts.returned:,} {of} returned a failure.")
        if returned >= DEGRADED_RETURNED_SHARE
        else None,
    ]


def _of_probe(probed: Probed | None, by_calls: str) -> Reason | None:
    if probed is None:
        return None
    if not probed.ok:
        against = by_calls == "healthy"
        points = PROBE_POINTS_AGAINST_CALLS if against else PROBE_POINTS
        return Reason(points, f"Its probe failed{', though calls succeed' * against}: {probed.error}")
    return Reason(SLOW_POINTS, f"Its probe took {probed.took_ms:,.0f} ms.") if probed.slow else None


def summary(tools: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All verdicts in one. The whole is as bad as its worst part; nothing known is ``unknown``."""
    statuses = [tool["status"] for tool in tools.values()]
    worst = next((status for status in ("unhealthy", "degraded", "healthy") if status in statuses), "unknown")
    counts = {status: statuses.count(status) for status in ("healthy", "degraded", "unhealthy")}
    return {"status": worst, "total_tools": len(tools), **counts, "tools": dict(tools)}
