"""What a new installation starts with: one rule, and the routes that the environment names."""

from typing import Any, TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError

from telemetry.alerts.models import Route, Rule

RULE_NAME = "Success rate of a tool"
EMAIL_ROUTE = "E-mail of ALERT_EMAIL_TO"
WEBHOOK_ROUTE = "Webhook of ALERT_WEBHOOK_URL"


def seed(stdout: TextIO | None = None) -> None:
    """Make the default rule where there is none yet; what somebody edited stays as it is."""
    Rule.objects.get_or_create(name=RULE_NAME)  # docs/alerts.md says why the defaults are what they are


def seed_default_route(stdout: TextIO | None = None) -> None:
    """Make the routes of the environment, or bring them up to date with it.

    Only the address and the secret follow the environment; whether a route is enabled, and from which
    severity on, stays as edited. ImproperlyConfigured names the variable that cannot work.
    """
    if settings.ALERT_EMAIL_TO:
        save_route(EMAIL_ROUTE, "ALERT_EMAIL_TO", "email", {"to": settings.ALERT_EMAIL_TO})
    if settings.ALERT_WEBHOOK_URL:
        names = "ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET"
        config = {"url": settings.ALERT_WEBHOOK_URL}
        save_route(WEBHOOK_ROUTE, names, "webhook", config, settings.ALERT_WEBHOOK_SECRET)


def save_route(name: str, variables: str, kind: str, config: dict[str, Any], secret: str = "") -> None:
    route = Route.objects.filter(name=name).first() or Route(name=name)
    if (route.kind, route.config, route.secret) == (kind, config, secret):
        return
    route.kind, route.config, route.secret = kind, config, secret
    try:
        route.clean()
    except ValidationError as error:
        raise ImproperlyConfigured(f"{variables}: {' '.join(error.messages)}") from error
    route.save()
