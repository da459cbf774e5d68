"""The deployments of a route as rows that the ledger keeps, changed and put back. Queries."""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.llm.experiments.errors import ExperimentError
from tools.llm.providers.models import Deployment, Route, RouteEntry

Rows = list[dict[str, Any]]
FIELDS = ("rank", "weight", "rate")


def rows_of(route: Route) -> Rows:
    """Whom *route* leads to: the name of each deployment, with its place."""
    entries = route.entries.select_related("deployment").defer("deployment__key").order_by("rank", "id")
    return [
        {"deployment": entry.deployment.name, **{name: getattr(entry, name) for name in FIELDS}}
        for entry in entries
    ]


def held(names: Iterable[str]) -> dict[str, Route]:
    """The routes *names*, nobody else changing them by these pages meanwhile. Raises ExperimentError."""
    wanted = list(names)
    found = {route.name: route for route in Route.objects.select_for_update().filter(name__in=wanted)}
    for name in wanted:
        if name not in found:
            raise ExperimentError(f"There is no route {name!r} any more: nothing was changed.")
    return found


def write(route: Route, rows: Rows, why: str) -> None:
    """Have *route* lead to *rows* alone; its history says *why*. Raises ExperimentError."""
    wanted = {row["deployment"]: row for row in rows}
    there = {each.name: each for each in Deployment.objects.defer("key").filter(name__in=wanted)}
    if missing := sorted(wanted.keys() - there.keys()):
        raise ExperimentError(f"There is no deployment {missing[0]!r} any more: change {route.name} by hand.")
    kept: dict[int, Any] = {entry.deployment_id: entry for entry in route.entries.all()}
    for name, row in wanted.items():
        entry: Any = kept.pop(there[name].pk, None) or RouteEntry(route=route, deployment=there[name])
        if entry.pk and all(getattr(entry, field) == row[field] for field in FIELDS):
            continue
        for field in FIELDS:
            setattr(entry, field, row[field])
        entry._change_reason = why[:100]
        entry.save()
    for entry in kept.values():
        entry._change_reason = why[:100]
        entry.delete()


def rewrite(after: Mapping[str, Rows], why: str) -> dict[str, Any]:
    """Have each route of *after* lead there, and what was so before, for the ledger."""
    routes = held(after)
    before = {name: rows_of(route) for name, route in routes.items()}
    for name, rows in after.items():
        write(routes[name], rows, why)
    return {"routes_before": before, "routes": {name: rows_of(route) for name, route in routes.items()}}


def put_back(done: dict[str, Any], why: str) -> None:
    """Undo ``rewrite``. Raises ExperimentError where a route was changed since."""
    routes = held(done["routes"])
    for name, rows in done["routes"].items():
        if by_name(rows_of(routes[name])) != by_name(rows):
            raise ExperimentError(f"The route {name} was changed since, so it stays as it is: change it by hand.")
    for name, rows in done["routes_before"].items():
        write(routes[name], rows, why)


def by_name(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: str(row["deployment"]))
