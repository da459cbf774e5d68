from django.apps import AppConfig


class SalesBoostConfig(AppConfig):
    """Wires the parts together; holds the commands that start them."""

    name = "salesboost"
