"""SalesBoost's Celery application with tasks that leave their traces in Valkey, and a schedule that ticks."""

import os
import threading
import time

import redis
from celery import shared_task
from django.conf import settings
from django.db import connection

from salesboost.celery import app

__all__ = ["app"]
QUEUE, PLACE = "pool-test", "pool-test:traces"

# In the worker alone: the tests import this for the names of its tasks, and other tests look at our own schedule.
if "POOL_TEST_WORKER" in os.environ:
    app.conf.beat_schedule = {
        "tick": {"task": f"{__name__}.note", "args": ["tick"], "schedule": 0.2, "options": {"queue": QUEUE}}
    }


def traces() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


@shared_task
def note(word: str, lasting_s: float = 0.0) -> None:
    """Say that it has begun, in which process and thread; and after *lasting_s* that it has ended."""
    with traces() as valkey:
        valkey.rpush(PLACE, f"{word} {os.getpid()} {threading.current_thread().name}")
        if lasting_s:
            time.sleep(lasting_s)
            valkey.rpush(PLACE, f"{word}-ended")


@shared_task
def ask_postgres() -> None:
    """Use the database, as every task of ours does."""
    with connection.cursor() as cursor, traces() as valkey:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pool-test'")
        valkey.rpush(PLACE, f"connections {cursor.fetchone()[0]}")


@shared_task
def fail() -> None:
    raise ValueError("as it was told to")
