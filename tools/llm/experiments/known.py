"""What a look says of one arm, for who is about to promote it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.llm.experiments.saying import change, counted
from tools.llm.experiments.statistics.metrics import METRICS
from tools.llm.experiments.statistics.verdicts import Guard, Verdict

UNREADABLE = "nothing can be told of it, for units came otherwise than the weights say."


@dataclass(frozen=True, slots=True)
class Known:
    """``is_worse``: surely, in the metric or by more than the margin of a guardrail."""

    arm: str
    words: str
    is_worse: bool = False

    def __str__(self) -> str:
        return f"{self.arm}: {self.words}"


def known_of(judged: Mapping[str, Any] | None, control: str, arm: str) -> Known:
    """What the look *judged*, as ``told`` has it, says of *arm*; None is for no look yet."""
    if arm == control:
        return Known(arm, "what others are compared with.")
    found = next((each for each in (judged or {}).get("arms", ()) if each["arm"] == arm), None)
    if judged is None or found is None:
        return Known(arm, "nothing is known of it yet.")
    if not is_readable(judged):
        return Known(arm, UNREADABLE)
    broken = [guard for guard in found["guardrails"] if guard["word"] == Guard.BROKEN]
    words = [f"{found['verdict']}. {figures(found, control)}"]
    for guard in broken:
        most = margin_of(guard["metric"], guard["margin"])
        words.append(f"A guardrail is broken ({most} at most): {figures(guard, control, arm)}")
    return Known(arm, " ".join(words), found["verdict"] == Verdict.WORSE or bool(broken))


def is_readable(judged: Mapping[str, Any]) -> bool:
    """Whether units came as planned, without which no figure of a look says anything."""
    return bool(judged.get("is_readable", not judged["split"]["is_mismatch"]))


def figures(found: Mapping[str, Any], control: str, arm: str = "") -> str:
    """``Latency: -59.0 %, between -80.1 % and -41.0 %, 44 units of a and 56 of b.``"""
    metric = METRICS[found["metric"]]
    title = metric.title.capitalize()
    if found["effect"] is None:
        return f"{title}: {found['note']}"
    effect, low, high = (
        "any" if found[end] is None else change(metric, found[end]) for end in ("effect", "low", "high")
    )
    units = f"{counted(found['control_units'], 'unit')} of {control}"
    units += f" and {found['arm_units']:,} of {arm or found['arm']}"
    return f"{title}: {effect}, between {low} and {high}, {units}."


def margin_of(metric: str, margin: float) -> str:
    """With its unit: points of a share, percent of a time or cost."""
    return change(METRICS[metric], margin, "")
