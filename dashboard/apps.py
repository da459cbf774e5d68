from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.nudge import nudger
        from telemetry.signals import spans_stored

        # The one signal: news has to travel up from the store, against the imports.
        spans_stored.connect(nudger, dispatch_uid="dashboard.nudger")
