from django.apps import AppConfig
from django.conf import settings

from telemetry.redaction import configure


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        configure(settings.REDACT)
