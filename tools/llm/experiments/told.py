"""A judgement as JSON: what is kept of each look, told by REST and drawn by pages. Pure."""

from math import isfinite
from typing import Any

from tools.llm.experiments.judging import ArmJudged, Judgement
from tools.llm.experiments.statistics.estimates import Estimate
from tools.llm.experiments.statistics.mismatch import Mismatch


def told(judgement: Judgement) -> dict[str, Any]:
    """All of *judgement*; an end that an interval has not is null."""
    return {
        "arms": [arm_told(arm) for arm in judgement.arms],
        "is_readable": not judgement.split.doubts,
        "split": split_told(judgement.split.exposed),
        "valued": split_told(judgement.split.valued),
        "dimensions": {
            name: {value: split_told(found) for value, found in values.items()}
            for name, values in judgement.split.dimensions.items()
        },
        "flags": {flag: dict(counts) for flag, counts in judgement.flags.items()},
        "stop": judgement.stop,
        "next_step": judgement.next_step,
        "winner": judgement.winner,
        "reasons": list(judgement.reasons),
    }


def arm_told(arm: ArmJudged) -> dict[str, Any]:
    guards = [
        {**estimate_told(each.estimate), "margin": each.margin, "word": each.word.value} for each in arm.guards
    ]
    return {
        "arm": arm.arm,
        "verdict": arm.verdict.value,
        "may_win": arm.may_win,
        **estimate_told(arm.estimate),
        "guardrails": guards,
    }


def estimate_told(estimate: Estimate) -> dict[str, Any]:
    values = estimate.values
    return {
        "metric": estimate.metric.name,
        "kind": estimate.metric.kind.value,
        "method": estimate.method,
        "split": estimate.split,
        "control_units": estimate.control_units,
        "arm_units": estimate.arm_units,
        "control_value": finite(values.control) if values else None,
        "arm_value": finite(values.arm) if values else None,
        "effect": finite(values.effect) if values else None,
        "low": finite(estimate.low),
        "high": finite(estimate.high),
        "note": estimate.note,
    }


def split_told(found: Mismatch) -> dict[str, Any]:
    return {
        "is_mismatch": found.is_found,
        "p": found.p,
        "units": dict(found.units),
        "expected": {arm: round(number, 1) for arm, number in found.expected.items()},
    }


def finite(number: float) -> float | None:
    return number if isfinite(number) else None
