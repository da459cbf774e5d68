"""An experiment's arms side by side, as words and figures. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.wording import formats
from tools.llm.experiments.known import is_readable
from tools.llm.experiments.statistics.metrics import METRICS, Kind

TONES = {"better": "good", "worse": "bad", "equal": "unsure", "go on": "unsure", "budget used up": "unsure"}
GUARD_TONES = {"holds": "good", "broken": "bad", "unknown": "unsure"}
# In place of what a figure would say, where units came otherwise than planned.
UNREADABLE = "cannot be read"
FLAGS = {
    "mixed": ("was told something else before or meanwhile", "were told something else before or meanwhile"),
    "late": ("made calls after the end", "made calls after the end"),
    "failed_over": (
        "was answered by another, or could not be given its arm",
        "were answered by another, or could not be given their arm",
    ),
    "wrong_text": ("was sent something else than its arm was", "were sent something else than their arm was"),
}


@dataclass(frozen=True, slots=True)
class ArmRow:
    """An arm with what was sent and what was told of it; ``verdict`` is '' for the one it is compared with."""

    label: str
    given: str  # a version's number, or a name
    share: float  # of the run's units, as planned
    units: int
    value: str
    verdict: str
    tone: str
    effect: str
    interval: str
    note: str
    flags: Sequence[str]
    texts: Sequence[Mapping[str, Any]]
    texts_more: int  # beside those
    units_more: int
    said: str  # what it was at the start, to be read; '' for a version of a prompt
    sha256: str


@dataclass(frozen=True, slots=True)
class GuardRow:
    arm: str
    metric: str
    word: str
    tone: str
    effect: str
    interval: str
    margin: str


def arm_rows(run: Mapping[str, Any]) -> list[ArmRow]:
    """The first is the one that others are compared with."""
    judged = judged_arms(run)
    whole = sum(arm["weight"] for arm in run["arms"])
    return [_arm_row(arm, judged, whole, place) for place, arm in enumerate(run["arms"])]


def judged_arms(run: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the last look says of each arm but the first. Nothing is judged by figures that cannot be read; that a
    guardrail is broken is told all the same, for the run was stopped by it."""
    judged = run["judged"] or {"arms": ()}
    if not judged["arms"] or is_readable(judged):
        return {arm["arm"]: arm for arm in judged["arms"]}
    return {
        arm["arm"]: {
            **unreadable(arm),
            "verdict": UNREADABLE,
            "guardrails": [
                guard if guard["word"] == "broken" else {**unreadable(guard), "word": UNREADABLE}
                for guard in arm["guardrails"]
            ],
        }
        for arm in judged["arms"]
    }


def unreadable(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, "effect": None, "note": ""}


def _arm_row(arm: Mapping[str, Any], judged: Mapping[str, Any], whole: float, place: int) -> ArmRow:
    found = judged.get(arm["label"]) if place else next(iter(judged.values()), None)
    value = (found or {}).get("arm_value" if place else "control_value")
    return ArmRow(
        label=arm["label"],
        given=arm["value"],
        share=arm["weight"] / whole,
        units=arm["units"],
        value=worded(value, found),
        verdict=found["verdict"] if found and place else "",
        tone=TONES.get(found["verdict"], "unsure") if found else "unsure",
        effect=difference(found) if place else formats.NONE,
        interval=ends(found) if place else formats.NONE,
        note=found["note"] if found and place else "",
        flags=[f"{arm[flag]:,} {words[arm[flag] > 1]}" for flag, words in FLAGS.items() if arm[flag]],
        texts=arm["texts"],
        texts_more=max(0, arm["texts_in_all"] - len(arm["texts"])),
        units_more=arm["units"] - sum(text["units"] for text in arm["texts"]),
        said=json.dumps(json.loads(arm["said"]), indent=2, ensure_ascii=False) if arm["said"] else "",
        sha256=arm["sha256"],
    )


def guard_rows(run: Mapping[str, Any]) -> list[GuardRow]:
    """Each guardrail of each arm, those that are broken first."""
    order = ("broken", UNREADABLE, "unknown", "holds")
    rows = [
        GuardRow(
            arm["arm"],
            guard["metric"],
            guard["word"],
            GUARD_TONES.get(guard["word"], "unsure"),
            difference(guard),
            ends(guard),
            signed(guard["margin"], guard, sign=False),
        )
        for arm in judged_arms(run).values()
        for guard in arm["guardrails"]
    ]
    return sorted(rows, key=lambda row: order.index(row.word))


def worded(value: float | None, found: Mapping[str, Any] | None) -> str:
    """A metric's value with its unit."""
    if value is None or found is None:
        return formats.NONE
    if found["kind"] == "share":
        return formats.percent(value)
    return formats.ms(value) if found["metric"] == "latency" else f"${value:.4f}"


def difference(found: Mapping[str, Any] | None) -> str:
    if found is None or found["effect"] is None:
        return formats.NONE
    return signed(found["effect"], found)


def ends(found: Mapping[str, Any] | None) -> str:
    """The interval, as far as it has ends."""
    if found is None or found["effect"] is None:
        return formats.NONE
    low, high = (signed(found[name], found) if found[name] is not None else "any" for name in ("low", "high"))
    return f"{low} to {high}"


def signed(change: float, found: Mapping[str, Any], *, sign: bool = True) -> str:
    """A difference of shares in points, of times and costs in percent."""
    return f"{100 * change:{'+' if sign else ''}.1f}{formats.THIN}{unit_of(found['metric'])}"


def unit_of(metric: str) -> str:
    """Of a hundredth of a difference: shares differ by points, times and costs by percent."""
    return "points" if METRICS[metric].kind is Kind.SHARE else "%"
