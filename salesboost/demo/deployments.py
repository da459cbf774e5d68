"""Deployments of the provider lab, and the routes that lead there. Queries.

What a person has made or edited stays.
"""

from django.db import transaction
from simple_history.utils import update_change_reason

from salesboost.demo.talks import ROUTE
from salesboost.lab.vendors import VENDORS
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry
from tools.llm.providers.seed import DEFAULT, ECHO

PREFIX = "lab-"
REASON = "leads to the provider lab of the demonstration"
# By vendor: the model, its interface, and how often it is asked against the others.
MODELS = {
    "openai": ("gpt-6-sol", "responses", 25),
    "anthropic": ("claude-sonnet-5-5", "messages", 25),
    "groq": ("openai/gpt-oss-120b", "chat", 20),
    "gemini": ("gemini-3.8-flash", "generate", 15),
    "xai": ("grok-4.7", "responses", 8),
    "openrouter": ("anthropic/claude-sonnet-5-5", "chat", 7),
}
# Any will do: the lab asks only that there is one.
KEY = "of-the-lab"


class NotOurs(Exception):
    """A person has a route by the demonstration's name; the message says what to do."""


@transaction.atomic
def lead_to(lab: str) -> list[str]:
    """Have the deployments of the lab at the address *lab*, and the routes that lead there; names those made.

    Raises NotOurs: what is asked all the time must not be somebody's real deployments.
    """
    made, ours = [], []
    for vendor in MODELS:
        row = Deployment.objects.select_for_update().filter(name=PREFIX + vendor).first()
        if row is None:
            made.append(PREFIX + vendor)
            row = Deployment(name=PREFIX + vendor)
        elif not is_ours(row):
            continue
        ours.append(settled(row, vendor, f"{lab}/{vendor}{VENDORS[vendor].base}"))
    give_own_route(ours)
    give_default(ours)
    return made


def switch_off() -> None:
    """Where no lab runs, nobody waits for it: routes go on to whom else they have."""
    for row in Deployment.objects.filter(name__startswith=PREFIX, enabled=True):
        if is_ours(row):
            row.enabled = False
            saved(row)


def is_ours(row: Deployment | Route) -> bool:
    """Whether the last who wrote *row* was the demonstration."""
    last = row.history.order_by("-history_id").first()
    return last is not None and last.history_change_reason == REASON


def settled(row: Deployment, vendor: str, address: str) -> Deployment:
    """*row* with what it is to have; written where that is something else."""
    name, api, _ = MODELS[vendor]
    model = Model.objects.get(provider=vendor, name=name, api=api)
    wanted = (model.pk, address, True)
    if (row.model_id, row.base_url, row.enabled) != wanted:
        row.model, row.base_url, row.enabled, row.key = model, address, True, KEY
        saved(row)
    return row


def saved(row: Deployment | Route) -> None:
    row.save()
    update_change_reason(row, REASON)


def give_own_route(ours: list[Deployment]) -> None:
    """Have a route of *ours* and nobody else."""
    route = Route.objects.filter(name=ROUTE).first()
    if route is None:
        route = Route(name=ROUTE)
        saved(route)
    elif not is_ours(route):
        raise NotOurs(
            f"There is a route {ROUTE!r}, which the demonstration wants to make: rename it in the admin."
        )
    route.entries.exclude(deployment__in=ours).delete()
    add_missing(route, ours)


def give_default(ours: list[Deployment]) -> None:
    """Have the route ``default`` lead to *ours* where it leads to nobody but the echo, which stays behind them."""
    entries = RouteEntry.objects.filter(route__name=DEFAULT)
    if [str(entry) for entry in entries] == [ECHO]:
        echo = entries[0]
        echo.rank = max(1, echo.rank)
        echo.save()
        add_missing(echo.route, ours)


def add_missing(route: Route, ours: list[Deployment]) -> None:
    there = set(route.entries.values_list("deployment_id", flat=True))
    for row in ours:
        if row.pk not in there:
            weight = MODELS[row.name.removeprefix(PREFIX)][2]
            RouteEntry.objects.create(route=route, deployment=row, weight=weight)
