"""Prompts: which version of each is live, how its calls went, and what the last change of it did."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_PROMPTS, needs
from dashboard.frame.chrome import chips, chrome
from dashboard.pages.prompts import queries, tables
from dashboard.pages.prompts.effect import effect_of, sides_of
from dashboard.queries import call_counts, experiment_moves
from tools.llm.prompts.models import LabelMove, Prompt

TEMPLATE, PARTS = "dashboard/prompts.html", ("pulse", "versions", "changes")
TEMPLATE_OF_ONE, PARTS_OF_ONE = (
    "dashboard/prompt.html",
    ("pulse", "live-now", "rungs", "effect", "versions", "moves"),
)
CHANGES_SHOWN = 10
MOVES_SHOWN = 20


@require_GET
@needs(SEE_PROMPTS)
def index(request: HttpRequest) -> HttpResponse:
    selection = Selection.from_query(request.GET.dict())
    return render(request, TEMPLATE, {**chrome("prompts", selection), **context(selection, timezone.now())})


@require_GET
@needs(SEE_PROMPTS)
def detail(request: HttpRequest, name: str) -> HttpResponse:
    selection = replace(Selection.from_query(request.GET.dict()), prompt=name)
    shown = {**chrome("prompt", selection), **context_of_one(selection, timezone.now()), "section": "prompts"}
    if shown["prompt"] is None:
        raise Http404(f"There is no prompt {name}.")
    return render(request, TEMPLATE_OF_ONE, shown)


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed of the list. Eight queries, and up to two more in the first hours."""
    window = call_counts.observed(selection.period, now)
    prompts = queries.listed()
    shown = prompts[: queries.MOST_PROMPTS]
    found = queries.figures(window, selection.counted)
    rows = tables.live_or_called(selection, shown, queries.versions_called(found.keys()), found)
    return {
        "now": now,
        "selection": selection,
        "chips": chips(selection),
        "over": window.words,
        "versions": rows,
        "idle": tables.idle(shown, rows),
        "has_more": len(prompts) > len(shown),
        "changes": effects(selection, queries.last_moves(most=CHANGES_SHOWN), now),
    }


def context_of_one(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed of one prompt; ``prompt`` is None where there is none. Eleven queries."""
    window = call_counts.observed(selection.period, now)
    prompt = Prompt.objects.filter(name=selection.prompt).first()
    if prompt is None:
        return {"now": now, "selection": selection, "prompt": None}
    labels = list(prompt.labels.select_related("version__prompt"))
    versions = list(prompt.versions.select_related("prompt").defer("variables")[: queries.MOST_VERSIONS + 1])
    found = queries.figures(window, selection.counted, prompt.name)
    last = queries.last_moves(prompt)
    return {
        "now": now,
        "selection": selection,
        "chips": chips(selection),
        "over": window.words,
        "prompt": prompt,
        "labels": labels,
        "rungs": queries.rungs(labels),
        "experiment": experiment_moves.running_on(prompt.name),
        "versions": [
            tables.version_row(selection, version, labels, found.get(str(version), queries.NOTHING))
            for version in versions[: queries.MOST_VERSIONS]
        ],
        "has_more": len(versions) > queries.MOST_VERSIONS,
        "last": last[0] if last else None,
        "effect": next(iter(effects(selection, last, now)), None),
        "moves": list(queries.moves().filter(label__prompt=prompt)[:MOVES_SHOWN]),
    }


def effects(selection: Selection, moves: list[LabelMove], now: datetime) -> list[Any]:
    """What each of *moves* did. Two queries."""
    sides = [sides_of(move, now) for move in moves]
    stretches = [stretch for each in sides for stretch in (each.before, each.after) if stretch]
    found = queries.figures_of(stretches, selection.counted)
    return [effect_of(move, each, found) for move, each in zip(moves, sides, strict=True)]
