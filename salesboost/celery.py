"""The Celery application. `celery -A salesboost worker --beat` runs it, in one process (`salesboost/worker`)."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_init, worker_process_init, worker_process_shutdown
from django.conf import settings

from salesboost.beat import for_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
# Django's checks import all addresses and pages: seconds and memory of every worker. A test makes them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("salesboost")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = for_celery(settings.CELERY_BEAT_SCHEDULE)
app.autodiscover_tasks()


@celeryd_init.connect
def beat_in_a_thread(instance: Any, **kwargs: Any) -> None:
    """Have the worker *instance* run beat in a thread, if it is to run beat."""
    from salesboost.worker.beat import Blueprint

    instance.Blueprint = Blueprint


@worker_init.connect
def wait_for_tables(**kwargs: Any) -> None:
    """All tasks are known by now, and none has been taken."""
    from salesboost.gates import wait_at_gate

    wait_at_gate()


@worker_process_init.connect
def start_tracing(**kwargs: Any) -> None:
    """Build the tracer provider where tasks run: its threads do not survive a fork."""
    from telemetry.tracing.provider import configure_tracing

    configure_tracing()


@worker_process_shutdown.connect
def stop_tracing(**kwargs: Any) -> None:
    """Such a process ends without the interpreter's own end: what it does there is done here."""
    from telemetry.tracing.provider import shutdown_tracing
    from tools.selection import process as choice

    choice.shutdown()
    shutdown_tracing()
