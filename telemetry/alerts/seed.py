"""What a new installation starts with: one rule, and the routes that the environment names."""

import secrets
from base64 import b64encode
from typing import Any, TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import OutputWrapper

from telemetry.alerts.models import Route, Rule
from telemetry.database.sealing import Unopened

RULE_NAME = "Success rate of a tool"
EMAIL_ROUTE = "E-mail of ALERT_EMAIL_TO"
WEBHOOK_ROUTE = "Webhook of ALERT_WEBHOOK_URL"


def seed(stdout: TextIO | OutputWrapper | None = None) -> None:
    """Make the default rule where there is none yet; what somebody edited stays as it is."""
    Rule.objects.get_or_create(name=RULE_NAME)  # docs/alerts.md says why the defaults are what they are


def seed_default_route(stdout: TextIO | OutputWrapper | None = None) -> None:
    """Make the routes of the environment, or bring them up to date with it.

    Only the address and the secret follow the environment; whether a route is enabled, and from which
    severity on, stays as edited. A webhook without a secret gets one, written to *stdout* this once.
    ImproperlyConfigured names the variable that cannot work.
    """
    if settings.ALERT_EMAIL_TO:
        save_route(EMAIL_ROUTE, "ALERT_EMAIL_TO", "email", {"to": settings.ALERT_EMAIL_TO}, "")
    if settings.ALERT_WEBHOOK_URL:
        names = "ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET"
        stored = stored_secret()
        if isinstance(stored, Unopened) and not settings.ALERT_WEBHOOK_SECRET:
            return  # a new one would puzzle the receiver, and the former key may be given yet; ``prepare`` says so
        secret = settings.ALERT_WEBHOOK_SECRET or stored or make_secret(stdout)
        save_route(WEBHOOK_ROUTE, names, "webhook", {"url": settings.ALERT_WEBHOOK_URL}, secret)


def stored_secret() -> str:
    """The secret that the webhook of the environment has, Unopened included; "" for none."""
    route = Route.objects.filter(name=WEBHOOK_ROUTE, kind="webhook").first()
    return route.secret if route else ""


def make_secret(stdout: TextIO | OutputWrapper | None) -> str:
    secret = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    if stdout:
        stdout.write(
            f"Alert webhooks are signed with {secret} (shown only now; ALERT_WEBHOOK_SECRET sets your own).\n"
        )
    return secret


def save_route(name: str, variables: str, kind: str, config: dict[str, Any], secret: str) -> None:
    route = Route.objects.filter(name=name).first() or Route(name=name)
    if (route.kind, route.config, route.secret) == (kind, config, secret):
        return
    route.kind, route.config, route.secret = kind, config, secret
    try:
        route.clean()
    except ValidationError as error:
        raise ImproperlyConfigured(f"{variables}: {' '.join(error.messages)}") from error
    route.save()
