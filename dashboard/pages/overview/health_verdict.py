"""The sentence at the top: is anything wrong, what, since when, and the likeliest cause. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.addresses.periods import RECENT, Window
from dashboard.pages.overview.charts import success_points
from dashboard.pages.overview.tables import total_of
from dashboard.queries import edits
from dashboard.queries.call_counts import Grid
from dashboard.queries.edits import Edit
from dashboard.queries.top_names import MORE_CALLERS
from dashboard.wording import formats
from dashboard.wording.formats import caller_name
from dashboard.wording.states import (
    AT_RISK,
    DEGRADED,
    GOAL,
    OUTCOME_STATES,
    State,
    judged_now,
    main_reason,
    rate_shown,
)
from telemetry.alerts.faults import Fault
from telemetry.alerts.incidents import IncidentView
from telemetry.counts.outcome_counts import Tally
from telemetry.process import heartbeats
from telemetry.process.heartbeats import Beat

# A cause is only named where it explains most of the failures.
MOST = 0.6
ByCaller = Mapping[tuple[str, str, str], Tally]


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


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a verdict is judged by. ``recent`` holds the calls of the last minutes, ``totals`` the period's."""

    window: Window
    grid: Grid
    states: Mapping[str, State]
    totals: Mapping[str, Tally]
    recent: ByCaller
    incidents: Sequence[IncidentView] = ()
    edits: Sequence[Edit] = ()
    blind: str = ""  # why nobody would be told of an incident, where that is so
    faults: Sequence[Fault] = ()  # rules that cannot be judged while the rest is


def judge(scene: Scene) -> Verdict:
    """What the calls and the open incidents come to: incidents first, then blindness, sick tools, and calm."""
    if scene.incidents:
        return _incident(scene)
    if scene.blind:
        return _blind(scene)
    return _by_calls(scene)


def blindness(judged: Beat | None) -> str:
    """A sentence where rules are not judged, else ""; *judged* is when they last were."""
    if judged is None:
        return "Rules were never judged"
    stopped = heartbeats.stopped(heartbeats.JUDGING, judged)
    return f"Rules have not been judged for {formats.span_of(judged.age_s)}" if stopped else ""


def _by_calls(scene: Scene) -> Verdict:
    sick = [tool for tool, state in scene.states.items() if state in (DEGRADED, AT_RISK)]
    if sick:
        return _sick(scene, sick)
    return _faulty(scene.faults) if scene.faults else _calm(scene)


def likeliest_cause(tool: str, by_caller: ByCaller) -> str:
    """``mostly timeout on groq · llama``: the layer and the provider that most failures share; may be empty."""
    mine = {(provider, model): part for (name, provider, model), part in by_caller.items() if name == tool}
    tally = Tally.sum(mine.values())
    reason = main_reason(tally)
    words = []
    if reason and reason[1] >= MOST:
        words.append(f"mostly {OUTCOME_STATES[reason[0]].word}")
    # A provider that makes all the calls makes all the failures too: that explains nothing.
    if len(mine) > 1 and tally.failed:
        worst = max(mine, key=lambda key: mine[key].failed)
        if mine[worst].failed / tally.failed >= MOST and any(worst) and worst != MORE_CALLERS:
            words.append(f"on {caller_name(*worst)}")
    return " ".join(words)


def _incident(scene: Scene) -> Verdict:
    first, number = scene.incidents[0], len(scene.incidents)
    tag = "1 incident" if number == 1 else f"{number} incidents"
    edit = edits.suspect(scene.edits, first.tool, first.began_at, scene.grid)
    after = (
        f"began {formats.span_of((first.began_at - edit.at).total_seconds())} after an edit: {edit.change}"
        if edit
        else ""
    )
    taken = f"{first.acknowledged_by} takes care of it" if first.acknowledged_at else ""
    # What the rate of its sentence is of; where calls are too few, the sentence has none.
    base = f"of {formats.calls(first.total)} in the last {first.over}" if first.value is not None else ""
    detail = _joined(base, likeliest_cause(first.tool, scene.recent), after, taken, scene.blind)
    return Verdict("bad", tag, first.sentence, detail, f"{first.tool} {number}")


def _blind(scene: Scene) -> Verdict:
    calls = _by_calls(scene)
    known = _joined(calls.text, calls.detail) if calls.tone in ("bad", "warn") else ""
    detail = _joined("no incident begins or ends, and nobody is told", known)
    return Verdict("bad", "not judged", scene.blind, detail, "rules are not judged")


def _faulty(faults: Sequence[Fault]) -> Verdict:
    first, more = faults[0], len(faults) - 1
    text = f"The rule {first.rule} cannot be judged for {first.tool or 'any tool'}"
    others = f"{more:,} more like it" if more else ""
    return Verdict("warn", "not judged", text, _joined(first.error, others), f"{first.rule} {first.tool}")


def _sick(scene: Scene, sick: Sequence[str]) -> Verdict:
    now = {tool: Tally.sum(part for (name, _, _), part in scene.recent.items() if name == tool) for tool in sick}
    by_recent = {tool: judged_now(now[tool], scene.totals[tool]).by_recent for tool in sick}
    # The rate that the word is read from: another would not explain it.
    shown = {tool: now[tool] if by_recent[tool] else scene.totals[tool] for tool in sick}
    worst = min(sick, key=lambda tool: (scene.states[tool] is not DEGRADED, shown[tool].success_rate or 0.0))
    degraded = scene.states[worst] is DEGRADED
    since = _below_since(scene, worst)
    text = f"{worst} is at {formats.percent(shown[worst].success_rate)}"
    text += f", below {formats.percent(GOAL, 0)}{since}" if degraded or since else ": it needs watching"
    others = f"{len(sick) - 1} more tool{'s' if len(sick) > 2 else ''} below par" if len(sick) > 1 else ""
    over = f"the last {RECENT.words}" if by_recent[worst] else scene.window.words
    base = f"of {shown[worst].judged:,} calls in {over}"
    detail = _joined(base, likeliest_cause(worst, scene.recent), others)
    tone, tag = ("bad", "degraded") if degraded else ("warn", "at risk")
    return Verdict(tone, tag, text, detail, worst)


def _calm(scene: Scene) -> Verdict:
    total = total_of(scene.totals)
    period = scene.window.period.words
    if not total.calls:
        return Verdict("unsure", "no calls", f"No calls in the last {period}", "nothing to judge yet")
    named = [scene.totals[tool] for tool in scene.states]
    healthy = sum(rate_shown(tally) is not None for tally in named)
    if not healthy:
        few = f"Only {total.calls:,} call{'s' if total.calls > 1 else ''} so far, too few to judge"
        return Verdict("unsure", "too few calls", few, f"in the last {period}", "too few calls")
    quiet = sum(tally.calls > 0 for tally in named) - healthy
    detail = _joined(
        f"{formats.percent(total.success_rate)} of {total.judged:,} calls succeeded in {scene.window.words}",
        f"{quiet} with too few calls" if quiet else "",
    )
    return Verdict("good", "all clear", f"{healthy} tool{' is' if healthy == 1 else 's are'} healthy", detail)


def _below_since(scene: Scene, tool: str) -> str:
    """`` for 24 min`` where the newest points of the tool are all below the goal, else nothing."""
    bins = list(scene.window.bins())
    began = None
    for start, (rate, _) in zip(reversed(bins), reversed(success_points(bins, scene.grid, tool)), strict=True):
        if rate is None:
            continue
        if rate >= 100 * GOAL:
            break
        began = start
    if began is None or scene.window.now - began < timedelta(minutes=1):
        return ""
    return f" for {formats.span_of((scene.window.now - began).total_seconds())}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
