import io

import pytest
from django.core.exceptions import ImproperlyConfigured

from telemetry.alerts.models import Route, Rule
from telemetry.alerts.seed import seed, seed_default_route
from tests.telemetry.alerts.builders import SECRET

pytestmark = pytest.mark.django_db


def test_the_default_rule_is_made_once_and_stays_as_edited():
    seed()
    rule = Rule.objects.get()
    rule.full_clean()
    assert (rule.threshold, rule.window_s, rule.minimum_calls, rule.confident) == (0.9, 300, 20, True)
    Rule.objects.update(threshold=0.8)
    seed()
    assert Rule.objects.get().threshold == 0.8


def test_without_variables_there_is_no_route():
    seed_default_route()
    assert not Route.objects.exists()


def test_the_environment_makes_an_email_and_a_webhook_route(settings):
    settings.ALERT_EMAIL_TO = ["ops@example.com"]
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = "https://example.com/hook", SECRET
    seed_default_route()
    seed_default_route()
    email, webhook = Route.objects.order_by("kind")
    assert (email.config, email.secret) == ({"to": ["ops@example.com"]}, "")
    assert (webhook.config, webhook.secret) == ({"url": "https://example.com/hook"}, SECRET)


def test_a_changed_variable_changes_the_route_and_nothing_else(settings):
    settings.ALERT_EMAIL_TO = ["ops@example.com"]
    seed_default_route()
    Route.objects.update(enabled=False, minimum_severity=30)
    settings.ALERT_EMAIL_TO = ["new@example.com"]
    seed_default_route()
    route = Route.objects.get()
    assert (route.config, route.enabled, route.minimum_severity) == ({"to": ["new@example.com"]}, False, 30)


@pytest.mark.parametrize(("url", "secret"), [("https://example.com", "x y"), ("ftp://x", SECRET)])
def test_a_bad_variable_stops_the_start_by_name(settings, url, secret):
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = url, secret
    with pytest.raises(ImproperlyConfigured, match="ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET: "):
        seed_default_route()


def test_a_webhook_without_a_secret_gets_one_and_keeps_it(settings):
    settings.ALERT_WEBHOOK_URL = "https://example.com"
    shown = io.StringIO()
    seed_default_route(shown)
    secret = Route.objects.get().secret
    assert f"signed with {secret} (shown only now" in shown.getvalue()
    seed_default_route(shown)
    assert shown.getvalue().count("whsec_") == 1
    assert Route.objects.get().secret == secret


def test_a_bad_address_stops_the_start_by_name(settings):
    settings.ALERT_EMAIL_TO = ["nobody"]
    with pytest.raises(ImproperlyConfigured, match="ALERT_EMAIL_TO: 'nobody' is not an e-mail address"):
        seed_default_route()
