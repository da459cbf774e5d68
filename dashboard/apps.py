from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.live.change_notifier import notifier
        from telemetry.store.signals import spans_stored

        # The one signal: news has to travel up from the store, against the imports.
        spans_stored.connect(notifier, dispatch_uid="dashboard.live.notifier")
