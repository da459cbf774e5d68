"""Experiments: which go on, and of one of them what each arm came to, what was sent, and who decided what."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_EXPERIMENTS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.experiments import charts, tables
from tools.llm.experiments.kinds import NOUNS, SubjectKind
from tools.llm.experiments.listing import UnknownExperiment, listed_experiments, whole_experiment

TEMPLATE, PARTS = "dashboard/experiments.html", ("pulse", "experiments")
TEMPLATE_OF_ONE = "dashboard/experiment.html"
STATE_TONES = {"running": "good", "draft": "unsure", "stopped": "unsure", "promoted": "good"}
MOST = 200


@require_GET
@needs(SEE_EXPERIMENTS)
def index(request: HttpRequest) -> HttpResponse:
    selection = Selection.from_query(request.GET.dict())
    return render(request, TEMPLATE, {**chrome("experiments"), **context(selection, timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed of the list. Three queries."""
    found = listed_experiments()
    running = sorted(found, key=lambda each: each["state"] != "running")
    return {
        "now": now,
        "selection": selection,
        "experiments": [{**each, "tone": STATE_TONES[each["state"]]} for each in running[:MOST]],
        "more": max(0, len(found) - MOST),
    }


@require_GET
@needs(SEE_EXPERIMENTS)
def detail(request: HttpRequest, name: str) -> HttpResponse:
    """One experiment, as of now; ``?run=`` looks at an earlier one."""
    try:
        experiment = whole_experiment(name)
    except UnknownExperiment:
        raise Http404(f"There is no experiment {name}.") from None
    run = chosen(experiment, request.GET.get("run", ""))
    arms = tables.arm_rows(run) if run else []
    shown = {
        **chrome("experiment"),
        "section": "experiments",
        "now": timezone.now(),
        "experiment": experiment,
        "noun": NOUNS[SubjectKind(experiment["kind"])],
        "run": run,
        "tone": STATE_TONES[run["state"]] if run else "unsure",
        "moments": {each: moment(run[each]) for each in ("started_at", "ended_at", "judged_at")} if run else {},
        "arms": arms,
        "has_more_texts": any(arm.texts_more for arm in arms),
        "guards": tables.guard_rows(run) if run else [],
        "margin": tables.signed(run["margin"], run, sign=False) if run else "",
        "figures": figures(run) if run else [],
        "ledger": [{**entry, "at": moment(entry["at"])} for entry in experiment["ledger"]],
    }
    return render(request, TEMPLATE_OF_ONE, shown)


def chosen(experiment: dict[str, Any], number: str) -> dict[str, Any] | None:
    """The run of that number, or else the newest."""
    runs: list[dict[str, Any]] = experiment["runs"]
    return next((run for run in runs if str(run["number"]) == number), runs[0] if runs else None)


def figures(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The effect over time of each arm beside the first, which is drawn as nothing by definition."""
    drawn = []
    since = moment(run["started_at"])
    if since is None:
        return []
    unit = tables.unit_of(run["metric"])
    for place, arm in enumerate(run["arms"][1:]):
        figure = charts.effect_over_time(
            run["over_time"], arm["label"], run["margin"], since=since, unit=unit, place=place
        )
        drawn.append({"arm": arm["label"], "id": f"effect-{place}", "figure": figure})
    return [each for each in drawn if each["figure"]["data"]]


def moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None
