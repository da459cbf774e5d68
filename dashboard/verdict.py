"""The sentence at the top: is anything wrong, what, since when, and the likeliest cause. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import numbers
from dashboard.charts import Grid, success_points
from dashboard.periods import Window
from dashboard.rows import caller_name, total_of
from dashboard.states import DEGRADED, GOAL, OUTCOME_STATES, main_reason, rate_shown, state_of, worst_first
from telemetry.tally import Tally

# A cause is only named where it explains most of the failures.
MOST = 0.6


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """What the verdict needs to know of an incident."""

    tool: str
    began_at: datetime
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """``tag`` is the short word in the pill, ``text`` the sentence, ``detail`` what stands beside it.

    ``subject`` is the part that only changes with the verdict itself: a screen reader is told of that.
    """

    tone: str
    tag: str
    text: str
    detail: str
    subject: str = ""


def judge(
    window: Window,
    grid: Grid,
    totals: Mapping[str, Tally],
    by_caller: Mapping[tuple[str, str, str], Tally],
    incidents: Sequence[OpenIncident] = (),
) -> Verdict:
    """What the calls and open incidents of the period come to."""
    sick = worst_first(list(totals.items()))
    if incidents:
        return _incident(window, incidents, totals, by_caller)
    if sick:
        tool, tally = sick[0]
        degraded = state_of(tally) is DEGRADED
        since = _below_since(window, grid, tool)
        text = f"{tool} is at {numbers.percent(tally.success_rate)}"
        text += f", below {numbers.percent(GOAL)}{since}" if degraded or since else ": it needs watching"
        others = f"{len(sick) - 1} more" if len(sick) > 1 else ""
        detail = _joined(likeliest_cause(tool, tally, by_caller), others)
        return Verdict("bad" if degraded else "warn", "degraded" if degraded else "at risk", text, detail, tool)
    total = total_of(totals)
    if not total.calls:
        return Verdict("unsure", "no calls", f"No calls in the last {window.period.words}", "nothing to judge yet")
    healthy = sum(rate_shown(tally) is not None for tally in totals.values())
    if not healthy:
        few = f"Only {total.calls:,} calls so far, too few to judge"
        return Verdict("unsure", "too few calls", few, f"in the last {window.period.words}")
    noun = "tool is" if healthy == 1 else "tools are"
    quiet = len(totals) - healthy
    succeeded = f"{numbers.percent(total.success_rate)} of {total.judged:,} calls succeeded"
    return Verdict(
        "good",
        "all clear",
        f"All clear: {healthy} {noun} healthy",
        _joined(succeeded, f"{quiet} with too few calls" if quiet else ""),
    )


def likeliest_cause(tool: str, tally: Tally, by_caller: Mapping[tuple[str, str, str], Tally]) -> str:
    """``mostly timeouts on groq · llama``: the layer and the provider that most failures share; may be empty."""
    reason = main_reason(tally)
    words = []
    if reason and reason[1] >= MOST:
        words.append(f"mostly {OUTCOME_STATES[reason[0]].word}")
    mine = {(provider, model): part.failed for (name, provider, model), part in by_caller.items() if name == tool}
    if len(mine) > 1 and tally.failed:
        worst = max(mine, key=lambda key: mine[key])
        if mine[worst] / tally.failed >= MOST and any(worst):
            words.append(f"on {caller_name(*worst)}")
    return " ".join(words)


def _incident(
    window: Window,
    incidents: Sequence[OpenIncident],
    totals: Mapping[str, Tally],
    by_caller: Mapping[tuple[str, str, str], Tally],
) -> Verdict:
    oldest = min(incidents, key=lambda incident: incident.began_at)
    number = len(incidents)
    tag = "1 incident" if number == 1 else f"{number} incidents"
    tally = totals.get(oldest.tool)
    lasting = numbers.span_of((window.now - oldest.began_at).total_seconds())
    at = f" is at {numbers.percent(rate)}," if tally and (rate := rate_shown(tally)) is not None else " is"
    text = f"{oldest.tool}{at} below {numbers.percent(GOAL)} for {lasting}"
    cause = likeliest_cause(oldest.tool, tally, by_caller) if tally else ""
    seen = "acknowledged" if all(incident.acknowledged for incident in incidents) else ""
    return Verdict(
        "bad", tag, text, _joined(cause, seen, f"and {number - 1} more" if number > 1 else ""), oldest.tool
    )


def _below_since(window: Window, grid: Grid, tool: str) -> str:
    """`` for 24 min`` where the newest points of the tool are all below the goal, else nothing."""
    bins = list(window.bins())
    points = success_points(bins, grid, tool)
    began = None
    for start, (rate, _) in zip(reversed(bins), reversed(points), strict=True):
        if rate is None:
            continue
        if rate >= 100 * GOAL:
            break
        began = start
    return f" for {numbers.span_of((window.now - began).total_seconds())}" if began else ""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
