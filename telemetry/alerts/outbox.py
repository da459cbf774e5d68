"""Puts messages into the outbox, inside the transaction that changes what they tell of."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from telemetry.alerts import messages
from telemetry.alerts.models import Delivery, Incident, Route, Rule


def tell_firing(incident: Incident, now: datetime) -> None:
    """Queue the firing message for every route that takes this severity."""
    routes = Route.objects.filter(enabled=True, minimum_severity__lte=incident.severity)
    queue(routes, Delivery.Kind.FIRING, messages.firing(incident, now), now, incident)


def tell_resolved(incident: Incident, ending: str, now: datetime) -> None:
    """Queue the resolved message for the routes that were to be told of the firing, and no others."""
    routes = Route.objects.filter(
        deliveries__incident=incident, deliveries__kind=Delivery.Kind.FIRING, enabled=True
    )
    queue(routes, Delivery.Kind.RESOLVED, messages.resolved(incident, ending, now), now, incident)


def tell_fault(rule: Rule, tools: Sequence[str], error: str, now: datetime) -> None:
    """Queue the message that *rule* cannot be judged for *tools*, for every route that takes its severity."""
    routes = Route.objects.filter(enabled=True, minimum_severity__lte=rule.severity)
    queue(routes, Delivery.Kind.FAULT, messages.fault(rule, tools, error, now), now, about=(rule.pk,))


def tell_test(route: Route, now: datetime) -> None:
    """Queue a message marked TEST; it takes the way of all others."""
    queue([route], Delivery.Kind.TEST, messages.test(route, now), now)


def queue(
    routes: Iterable[Route],
    kind: Delivery.Kind,
    message: dict[str, Any],
    now: datetime,
    incident: Incident | None = None,
    about: tuple[Any, ...] = (),
) -> None:
    """One delivery a route; a second one with the same key is not made."""
    Delivery.objects.bulk_create(
        [
            Delivery(
                key=key(about or whose(incident), kind, now, route),
                incident=incident,
                route=route,
                route_name=route.name,
                kind=kind,
                message=message,
                created_at=now,
                next_attempt_at=now,
            )
            for route in routes
        ],
        ignore_conflicts=True,
    )


def whose(incident: Incident | None) -> tuple[Any, ...]:
    return (incident.rule_id, incident.tool) if incident else ()


def key(about: tuple[Any, ...], kind: Delivery.Kind, since: datetime, route: Route) -> str:
    """The idempotency key of (rule, tool, state, since, route), fit for an HTTP header and a Message-ID."""
    parts = (*about, str(kind), since.isoformat(), route.pk)
    return f"msg_{sha256(repr(parts).encode()).hexdigest()[:32]}"
