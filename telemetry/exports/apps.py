from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "telemetry.exports"
    label = "exports"
    verbose_name = "Exports"
