"""Where spans and rollups are read for people: on a replica, if there is one.

What is written, decided or judged reads the primary: a replica may be some seconds behind.
"""

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

REPLICA = "replica"
# What pages, searches and exports read in bulk; the rest is small, and changed by who looks at it.
MODELS = {"span", "spanpayload", "rollup", "series", "source", "attributeset"}


def alias() -> str:
    """The name of the database to read from."""
    return REPLICA if REPLICA in settings.DATABASES else "default"


def reader() -> BaseDatabaseWrapper:
    """The connection for SQL that reads spans and rollups."""
    return connections[alias()]


class ReadsFromReplica:
    """A Django router: queries for spans and rollups go to the replica unless they say ``using("default")``."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        meta = model._meta
        return alias() if meta.app_label == "telemetry" and meta.model_name in MODELS else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None
