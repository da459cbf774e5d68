"""Whom an alert would reach as things are, and what to do where that is nobody."""

from enum import Enum, auto

from django.conf import settings

from telemetry.alerts.channels import load_channel
from telemetry.alerts.channels.base import ConfigError
from telemetry.alerts.models import Route


class Reach(Enum):
    PEOPLE = auto()
    LOG = auto()  # there is no mail server
    NOBODY = auto()  # the route's own configuration cannot work


GAPS = {
    frozenset(): "there is no route that is switched on.",
    frozenset({Reach.NOBODY}): "no route can work.",
}
# Written out: at a start, asking Django for it would load all pages, which takes longer than all the rest.
ROUTES_PATH = "/admin/alerts/route/"
ONLY_LOGGED = "messages are written to the log only, since EMAIL_URL is not set."


def gap() -> str:
    """Why nobody would be told of an incident, in a sentence; "" where somebody would. One query."""
    found = frozenset(reach(route) for route in Route.objects.filter(enabled=True))
    if Reach.PEOPLE in found:
        return ""
    return f"Nobody is told of incidents: {GAPS.get(found, ONLY_LOGGED)}"


def reach(route: Route) -> Reach:
    """Whom a message to *route* gets to if its receiver answers."""
    try:
        channel = load_channel(route.kind, route.config, route.secret)
    except (ConfigError, KeyError):
        return Reach.NOBODY
    return Reach.LOG if channel.only_logs() else Reach.PEOPLE


def what_to_do() -> str:
    """How to be told, for somebody at a prompt."""
    page = f"{settings.PUBLIC_URL}{ROUTES_PATH}"
    return f"Add a route at {page}, or set EMAIL_URL and ALERT_EMAIL_TO, or ALERT_WEBHOOK_URL, before the start."
