from django.apps import AppConfig


class ReadersConfig(AppConfig):
    """Who reads the store by SQL: Grafana, notebooks. It has views and functions and no models."""

    name = "telemetry.readers"
    label = "readers"
    verbose_name = "SQL readers"
