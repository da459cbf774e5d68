from django.apps import AppConfig


class SalesBoostConfig(AppConfig):
    """Wires the parts together; holds the commands that start them."""

    name = "salesboost"

    def ready(self) -> None:
        from salesboost import celery  # noqa: F401  whoever calls a task needs to know where it is sent
