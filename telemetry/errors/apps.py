from django.apps import AppConfig


class ErrorsConfig(AppConfig):
    name = "telemetry.errors"
