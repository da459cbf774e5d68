from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from telemetry.redaction import configure
from telemetry.redaction.logs import redact_uncaught


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        try:
            configure(settings.REDACT)
        except ValueError as error:
            raise ImproperlyConfigured(f"REDACT: {error}") from error
        redact_uncaught()
