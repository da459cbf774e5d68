"""What an experiment's page shows."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from tools.llm.experiments.admin.pages import CHANGE
from tools.llm.experiments.forecasting import forecast, in_words
from tools.llm.experiments.known import known_of, margin_of
from tools.llm.experiments.listing import whole_experiment
from tools.llm.experiments.models import Experiment
from tools.llm.experiments.subjects import KINDS

UNDOABLE = ("stopped", "promoted")


def overview(request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
    """Its runs, what they came to, and the ledger; of each what may be done with it."""
    whole = whole_experiment(experiment.name)
    last: dict[int, int] = {}  # the newest line of each run
    for entry in reversed(whole["ledger"]):
        last[entry["run"]] = entry["id"]
    for entry in whole["ledger"]:
        entry["when"] = datetime.fromisoformat(entry["at"])
        entry["shown"] = json.dumps(entry["evidence"], indent=2)
        entry["may_be_undone"] = last[entry["run"]] == entry["id"] and entry["action"] in UNDOABLE
    rows = {run.number: run for run in experiment.runs.select_related("experiment")}
    for run in whole["runs"]:
        if run["state"] == "draft":
            run["before"] = in_words(forecast(rows[run["number"]], timezone.now()))
        run["said"] = run["judged"]["reasons"] if run["judged"] else []
        in_words_of(run)
        for arm in run["arms"]:
            arm["shown"] = json.dumps(json.loads(arm["said"]), indent=2, ensure_ascii=False) if arm["said"] else ""
        for step in run["ramp"]:
            step["percent"] = f"{step['share'] * 100:g} %"
    kind = KINDS[experiment.kind]
    may_move = request.user.has_perm(CHANGE) and request.user.has_perm(kind.permission)
    return {
        "experiment": experiment,
        "whole": whole,
        "may_change": request.user.has_perm(CHANGE),
        "may_move": may_move,
        "may_promote": may_move and not kind.stays,
        "stays": kind.stays.format(arm="the winner", subject=experiment.subject),
    }


def in_words_of(run: dict[str, Any]) -> None:
    """Put into *run* its margins with their units, and what is known of each arm."""
    control = run["arms"][0]["label"] if run["arms"] else ""
    run["known"] = [known_of(run["judged"], control, arm["label"]) for arm in run["arms"]]
    run["has_worse"] = any(known.is_worse for known in run["known"])
    run["margin_said"] = margin_of(run["metric"], run["margin"])
    for guard in run["guardrails"]:
        guard["said"] = margin_of(guard["metric"], guard["margin"])
