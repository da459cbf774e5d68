from django.apps import AppConfig


class CostConfig(AppConfig):
    name = "telemetry.cost"
