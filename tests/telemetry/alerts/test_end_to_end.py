"""From stored spans to a message in an inbox, through the tasks that beat starts."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from salesboost.celery import app
from telemetry.alerts.models import Incident, Rule
from telemetry.alerts.seed import seed, seed_default_route
from telemetry.alerts.tasks import evaluate_rules, send_deliveries
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db


def store_calls(outcome: str, count: int, seconds_ago: float) -> None:
    start_time = timezone.now() - timedelta(seconds=seconds_ago)
    write_spans(
        [
            make_row(
                start_time=start_time,
                trace_id=uuid.uuid4(),
                span_id=number + 1,
                duration_ms=20.0,
                tool="crm_integration",
                provider="openai",
                outcome=outcome,
            )
            for number in range(count)
        ],
        now=start_time + timedelta(seconds=1),
    )


def test_failing_calls_become_a_mail_and_working_ones_another(inbox, settings):
    settings.ALERT_EMAIL_TO = ["ops@example.com"]
    seed()
    Rule.objects.update(for_s=0, keep_firing_for_s=0)  # acts at its first look, so that nobody waits
    seed_default_route()
    store_calls("first_try", 40, seconds_ago=40)
    store_calls("provider", 60, seconds_ago=40)
    evaluate_rules()
    send_deliveries()
    assert Incident.objects.open().count() == 1
    store_calls("first_try", 2000, seconds_ago=30)
    evaluate_rules()
    send_deliveries()
    send_deliveries()
    fired, resolved = (mail["subject"] for mail in inbox.mails)
    assert fired == "[SalesBoost] CRITICAL: crm_integration is at 40 %, below 90 %"
    assert resolved.startswith("[SalesBoost] Resolved: crm_integration is back at 97.1 % after ")


def test_beat_starts_tasks_that_exist():
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    app.loader.import_default_modules()
    assert {"telemetry.alerts.tasks.evaluate_rules", "telemetry.alerts.tasks.send_deliveries"} <= names & set(
        app.tasks
    )
