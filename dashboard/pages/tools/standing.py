"""How tools stand, in words: verdict, score, what took points, and what their probes said. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboard.wording import formats
from dashboard.wording.states import State
from telemetry.process import heartbeats

if TYPE_CHECKING:
    from tools.health.probed import Probed

TONES = {"healthy": "good", "degraded": "warn", "unhealthy": "bad"}
ORDER = ("unhealthy", "degraded", "unknown", "healthy")
NO_PROBE = State("no probe", "unsure")
NOT_YET = State("not yet", "unsure")
SILENT = State("silent", "warn")
PASSED, TOOK_LONG, FAILED = State("passed", "good"), State("slow", "warn"), State("failed", "bad")
KINDS = {"probe": "a probe of its own", "dry_run": "a dry run that changes nothing"}
# Without one, what a tool's code may add.
WITHOUT = "Its code has neither a probe nor a sample to try it by."


@dataclass(frozen=True, slots=True)
class Row:
    """One tool. ``score`` has its unit; ``age`` is that of the probe's answer, empty before the first."""

    name: str
    state: State
    score: State
    reasons: Sequence[str]
    probe: State
    age: str
    how: str
    calls: int
    failed: int
    breaker: str


def rows(report: Mapping[str, Any]) -> list[Row]:
    """The tools of a *report* of health, the worst first."""
    found = [_row(name, each) for name, each in report["tools"].items()]
    return sorted(found, key=lambda row: (ORDER.index(row.state.word), row.name))


def _row(name: str, each: Mapping[str, Any]) -> Row:
    tone = TONES.get(each["status"], "unsure")
    points = each["score"]
    return Row(
        name=name,
        state=State(each["status"], tone),
        score=State("no score", "unsure") if points is None else State(f"{points} of 100", tone),
        reasons=[_in_points(reason) for reason in each["reasons"]],
        probe=probe_state(each["probe"]),
        age=f"{formats.span_of(each['probe']['age_s'])} ago" if each["probe"]["age_s"] is not None else "",
        how=_how(each["probe"]),
        calls=each["calls"],
        failed=each["broken"] + each["returned_failures"],
        breaker=each["breaker"].replace("_", " "),
    )


def probe_state(probe: Mapping[str, Any]) -> State:
    """What the last probe came to."""
    if probe["kind"] == "none":
        return NO_PROBE
    if probe["ok"] is None:
        return NOT_YET
    if not probe["ok"]:
        return FAILED
    return TOOK_LONG if probe["slow"] else PASSED


def _how(probe: Mapping[str, Any]) -> str:
    if probe["kind"] not in KINDS:
        return WITHOUT
    took = f", {probe['took_ms']:,.0f} ms" if probe["took_ms"] is not None else ""
    return f"{KINDS[probe['kind']]}{took}"


def _in_points(reason: Mapping[str, Any]) -> str:
    return f"−{reason['points']}: {reason['reason']}" if reason["points"] else reason["reason"]


def verdict(found: Sequence[Row] | None) -> dict[str, str]:
    """The page's first line: the first of the worst, with its reason."""
    if found is None:
        return _said("unsure", "unknown", "How the tools are could not be asked just now", "it is asked again")
    for word, tag in (("unhealthy", "ill"), ("degraded", "at risk")):
        if ill := [row for row in found if row.state.word == word]:
            more = f" and {len(ill) - 1} more" if len(ill) > 1 else ""
            reason = ill[0].reasons[0].partition(": ")[2] if ill[0].reasons else ""
            text = f"{ill[0].name}{more} of {_tools(len(found))} {'are' if more else 'is'} {word}"
            return _said(TONES[word], tag, text, reason)
    well = [row for row in found if row.state.word == "healthy"]
    if not well:
        return _said("unsure", "quiet", "Nothing is known of the tools yet", "probes begin with the server")
    rest = f"of {len(found) - len(well)} nothing is known" if len(well) < len(found) else ""
    return _said("good", "well", f"{_tools(len(well))} {'works' if len(well) == 1 else 'work'}", rest)


def canary(sung: "Probed | None", now: datetime) -> tuple[State, str]:
    """What the canary's last call came to, and when that was."""
    if sung is None:
        return NOT_YET, "not called yet, which a server does by the minute"
    age_s = max(0.0, now.timestamp() - sung.at)
    when = f"called {formats.span_of(age_s)} ago"
    if not sung.ok:
        return FAILED, f"{when}: {sung.error}"
    if age_s > heartbeats.limit_s(heartbeats.CANARY):
        return SILENT, f"{when}, and it is to be called by the minute"
    return (TOOK_LONG if sung.slow else PASSED), f"{when}, answered in {sung.took_ms:,.0f} ms"


def _tools(number: int) -> str:
    return f"{number} tool{'s' * (number != 1)}"


def _said(tone: str, tag: str, text: str, detail: str) -> dict[str, str]:
    return {"tone": tone, "tag": tag, "text": text, "detail": detail, "subject": text}
