import sys

from django.apps import AppConfig


class SalesBoostConfig(AppConfig):
    """Wires the parts together; holds the commands that start them."""

    name = "salesboost"

    def ready(self) -> None:
        # Whoever calls a task needs to know where it is sent. The recorder calls none, and Celery takes 6 MB.
        if sys.argv[1:2] != ["record"]:
            from salesboost import celery  # noqa: F401
