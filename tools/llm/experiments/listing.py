"""Experiments as programs and pages are told of them: runs, arms, what was sent, and what was decided. Queries.

All that a page draws is here: it only draws.
"""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, Window
from django.db.models.functions import RowNumber

from telemetry.semconv import Outcome
from tools.errors import ToolError
from tools.llm.experiments.known import is_readable
from tools.llm.experiments.models import Entry, Experiment, Exposure, Run, State

MOST_RUNS, MOST_ENTRIES, MOST_LOOKS = 20, 100, 2_000
FLAGS = ("mixed", "late", "failed_over", "wrong_text")


class UnknownExperiment(ToolError):
    """There is no experiment of that name."""

    code = "unknown_experiment"
    layer = Outcome.ARGUMENTS
    status = 404
    title = "There is no such experiment"


def listed_experiments() -> list[dict[str, Any]]:
    """All of them by name, each with its newest run. Three queries."""
    found = Experiment.objects.prefetch_related("runs__arms")
    return [as_listed(experiment) for experiment in found]


def whole_experiment(name: str) -> dict[str, Any]:
    """The experiment *name* with its runs, the newest first, and its ledger. Queries; raises UnknownExperiment."""
    experiment = Experiment.objects.filter(name=name).first()
    if experiment is None:
        known = "GET /api/v1/experiments lists those that there are"
        raise UnknownExperiment(f"There is no experiment {name[:100]!r}: {known}.")
    runs = list(experiment.runs.prefetch_related("arms").select_related("experiment")[:MOST_RUNS])
    entries = Entry.objects.filter(run__experiment=experiment).select_related("run", "undone_by", "undoes")
    sent = sent_by_arm(runs)
    return {
        **as_listed(experiment, runs),
        "purpose": experiment.purpose,
        "runs": [whole_run(run, sent) for run in runs],
        "ledger": [as_entry(entry) for entry in entries[:MOST_ENTRIES]],
    }


def as_listed(experiment: Experiment, runs: list[Run] | None = None) -> dict[str, Any]:
    newest = next(iter(experiment.runs.all() if runs is None else runs), None)
    return {
        "name": experiment.name,
        "kind": experiment.kind,
        "subject": experiment.subject,
        "label": experiment.label,
        "unit": experiment.unit,
        "state": newest.state if newest else State.DRAFT.value,
        "run": newest.number if newest else None,
        "share": newest.share if newest else None,
        "arms": [as_arm(arm) for arm in newest.arms.all()] if newest else [],
    }


def as_arm(arm: Any) -> dict[str, Any]:
    return {"label": arm.label, "weight": arm.weight, "value": arm.value}


def whole_run(run: Run, sent: dict[tuple[int, int], dict[str, Any]]) -> dict[str, Any]:
    """One run with what was planned, what was sent by each arm, and what could be told of it over time."""
    looks = list(run.looks.order_by("at").values_list("at", "said"))[-MOST_LOOKS:]
    return {
        "number": run.number,
        "state": run.state,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "metric": run.metric,
        "margin": run.margin,
        "minimum_units": run.minimum_units,
        "minimum_days": run.minimum_days,
        "window_minutes": run.window_minutes,
        "guardrails": run.guardrails,
        "ramp": run.ramp,
        "step": run.step,
        "promotes_winner": run.promotes_winner,
        "arms": [whole_arm(arm, sent) for arm in run.arms.all()],
        "judged_at": looks[-1][0].isoformat() if looks else None,
        "judged": {**looks[-1][1], "is_readable": is_readable(looks[-1][1])} if looks else None,
        "over_time": [as_point(at, said) for at, said in looks],
    }


def whole_arm(arm: Any, sent: dict[tuple[int, int], dict[str, Any]]) -> dict[str, Any]:
    """An arm with what it was at the start, and what was sent of it."""
    fixed = {"said": arm.said, "sha256": arm.sha256}
    return as_arm(arm) | fixed | sent.get((arm.run_id, arm.pk), NOTHING_SENT)


def as_point(at: datetime, said: dict[str, Any]) -> dict[str, Any]:
    """A look as the line over time has it."""
    names = ("arm", "verdict", "effect", "low", "high", "control_units", "arm_units")
    arms = [{name: arm[name] for name in names} for arm in said["arms"]]
    return {"at": at.isoformat(), "is_readable": is_readable(said), "arms": arms}


NOTHING_SENT: dict[str, Any] = {
    "units": 0, "texts_in_all": 0, "texts": [], "first_at": None, "last_at": None, **dict.fromkeys(FLAGS, 0)
}  # fmt: skip
MOST_TEXTS = 5


def sent_by_arm(runs: list[Run]) -> dict[tuple[int, int], dict[str, Any]]:
    """By run and arm: how many units were given it, with which marks, and the hashes of what went out most.

    Two queries.
    """
    exposed = Exposure.objects.filter(run__in=runs).order_by()
    marks = {flag: Count("id", filter=Q(**{flag: True})) for flag in FLAGS}
    about: dict[str, Any] = {"units": Count("id"), "texts_in_all": Count("sha256", distinct=True)}
    about |= {"first_at": Min("at"), "last_at": Max("at"), **marks}
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for run, arm, *numbers in exposed.values_list("run_id", "arm_id").annotate(**about):
        row = dict(zip(about, numbers, strict=True))
        row |= {name: row[name].isoformat() for name in ("first_at", "last_at")}
        found[run, arm] = {**NOTHING_SENT, **row, "texts": []}
    sent = exposed.values_list("run_id", "arm_id", "version", "sha256").annotate(n=Count("id"))
    place = Window(RowNumber(), partition_by=["run_id", "arm_id"], order_by=["-n", "sha256"])
    for run, arm, version, digest, units, _ in sent.annotate(place=place).filter(place__lte=MOST_TEXTS):
        found[run, arm]["texts"].append({"version": version, "sha256": digest, "units": units})
    return found


def as_entry(entry: Entry) -> dict[str, Any]:
    undone = getattr(entry, "undone_by", None)
    return {
        "id": entry.pk,
        "run": entry.run.number,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "action": entry.action,
        "reason": entry.reason,
        "evidence": entry.evidence,
        "undoes": entry.undoes_id,
        "undone_by": undone.pk if undone else None,
    }
