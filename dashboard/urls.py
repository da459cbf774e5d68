"""Pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from dashboard.views import calls, incidents, jobs, overview, system


class HexConverter(StringConverter):
    """A trace or span id as OpenTelemetry writes it."""

    regex = "[0-9a-f]{16,32}"


register_converter(HexConverter, "hex")

urlpatterns: list[URLPattern] = [
    path("", overview.page, name="overview"),
    path("calls/", calls.index, name="calls"),
    path("calls/<hex:trace>/<hex:span>/", calls.detail, name="call"),
    path("incidents/", incidents.index, name="incidents"),
    path("incidents/<int:pk>/", incidents.detail, name="incident"),
    path("incidents/<int:pk>/acknowledge/", incidents.acknowledge, name="acknowledge"),
    path("jobs/", jobs.index, name="jobs"),
    path("system/", system.page, name="system"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
