"""The Celery application. `celery -A salesboost worker --beat` runs it."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
# Django's checks import all addresses and pages: seconds and memory of every worker. A test makes them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("salesboost")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def start_tracing(**kwargs: Any) -> None:
    """Build the tracer provider after the fork: its threads do not survive one."""
    from telemetry.tracing import configure_tracing

    configure_tracing()


@worker_process_shutdown.connect
def stop_tracing(**kwargs: Any) -> None:
    from telemetry.tracing import shutdown_tracing

    shutdown_tracing()
