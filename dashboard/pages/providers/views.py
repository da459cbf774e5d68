"""Providers: how each deployment of a model stands, and which model calls tools best."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.periods import Window
from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.providers import queries, standing, tables
from dashboard.pages.providers.queries import Model
from dashboard.queries import call_counts, engine
from telemetry.counts.origins import Calls
from telemetry.health import model_calls
from telemetry.health.model_calls import LOOKBACK, Figures, Newest

if TYPE_CHECKING:
    from tools.llm.providers.status import Status

TEMPLATE = "dashboard/providers.html"
PARTS = ("pulse", "verdict", "deployments", "requests", "models", "tools")


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    selection = only_period(Selection.from_query(request.GET.dict()))
    return render(request, TEMPLATE, {**chrome("providers", selection), **context(selection, timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """How deployments stand, by one round trip to Valkey; one query for the admin's pages, and with deployments
    three of rollups and two of model calls, in a transaction that bounds them.
    """
    selection = only_period(selection)
    statuses, window = engine.deployments(), call_counts.observed(selection.period, now)
    models = models_of(statuses or ())
    newest = model_calls.newest(models, now)
    start = max(window.start, now - LOOKBACK, newest.since) if newest else now
    figures = newest.figures(start) if newest else {}
    calls = selection.calls_of or Calls.COUNTED
    standings = None if statuses is None else standings_of(statuses, newest, figures, now)
    names = [each.known.name for each in statuses or ()]
    return {
        "now": now,
        "selection": selection,
        "verdict": standing.verdict(standings),
        "standings": standings,
        "requests": tables.request_rows(names, figures, selection.period.key) if newest else None,
        "requests_over": requests_over(window, newest, start),
        "models": tables.model_rows(
            selection, models, queries.by_model(window, models, calls), queries.costs(window, models)
        ),
        "tools": tables.tool_rows(selection, queries.by_tool_and_prompt(window, models, calls)),
        "most_rows": queries.MOST_ROWS,
        "most_requests": f"{model_calls.MOST:,}",
        "over": window.words,
    }


def standings_of(
    statuses: "Sequence[Status]", newest: Newest | None, figures: Mapping[str, Figures], now: datetime
) -> list[standing.Standing]:
    """Each deployment with its score. One query."""
    from tools.llm.providers.score import score_of

    lately = newest.lately(now) if newest else None
    keys = queries.keys_in_admin()
    return [
        standing.standing_of(
            status,
            score_of(status, lately, now.date()),
            figures.get(status.known.name, tables.NO_FIGURES),
            now,
            reverse("admin:providers_deployment_change", args=[key]) if key else "",
        )
        for status in statuses
        for key in [keys.get(status.known.name)]
    ]


def models_of(statuses: "Sequence[Status]") -> dict[Model, list[str]]:
    """The names of the deployments of each provider and model."""
    models: dict[Model, list[str]] = {}
    for status in statuses:
        where = status.known.deployment
        models.setdefault((where.provider, where.model), []).append(where.name)
    return models


def requests_over(window: Window, newest: Newest | None, start: datetime) -> str:
    """Of which time the table of requests is: what is read of spans is bounded."""
    if newest and newest.cut and start == newest.since:
        return f"the newest {model_calls.MOST:,} requests, all since {start:%H:%M:%S} UTC"
    if start > window.start:
        return f"the last {LOOKBACK.total_seconds() / 3600:.0f} hours of the period"
    return f"the last {window.period.words}"


def only_period(selection: Selection) -> Selection:
    """*selection* without filters: this page is of all deployments."""
    return Selection(period=selection.period, calls_of=selection.calls_of)
