"""Pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from dashboard.pages.choice import views as choice
from dashboard.pages.costs import views as costs
from dashboard.pages.errors import argument_views as arguments
from dashboard.pages.errors import views as errors
from dashboard.pages.experiments import views as experiments
from dashboard.pages.explorer import old_addresses as calls
from dashboard.pages.explorer import saved_views as saved
from dashboard.pages.explorer import views as traces
from dashboard.pages.exports import views as exports
from dashboard.pages.incidents import views as incidents
from dashboard.pages.jobs import views as jobs
from dashboard.pages.overview import views as overview
from dashboard.pages.playground import views as playground
from dashboard.pages.prompts import views as prompts
from dashboard.pages.providers import views as providers
from dashboard.pages.store import views as store
from dashboard.pages.system import views as system
from dashboard.pages.tools import views as tools
from dashboard.pages.traces import compare_views as compare
from dashboard.pages.traces import session_views as session
from dashboard.pages.traces import views as trace


class TraceConverter(StringConverter):
    """A trace id as OpenTelemetry writes it."""

    regex = "[0-9a-f]{32}"


class SpanConverter(StringConverter):
    """A span id as OpenTelemetry writes it."""

    regex = "[0-9a-f]{16}"


register_converter(TraceConverter, "trace")
register_converter(SpanConverter, "span")

urlpatterns: list[URLPattern] = [
    path("", overview.page, name="overview"),
    path("calls/", calls.index, name="calls"),
    path("calls/<trace:trace>/<span:span>/", trace.call, name="call"),
    path("sessions/", session.page, name="session"),
    path("traces/", traces.index, name="traces"),
    path("traces/chart/", traces.chart, name="traces-chart"),
    path("traces/facets/", traces.narrow, name="traces-facets"),
    path("traces/complete/", traces.complete, name="traces-complete"),
    path("traces/views/", saved.save, name="traces-views"),
    path("traces/views/<int:pk>/", saved.show, name="traces-view"),
    path("traces/views/<int:pk>/delete/", saved.delete, name="traces-view-delete"),
    path("traces/compare/", compare.page, name="compare"),
    path("traces/by-call/<path:call_id>/", trace.by_call, name="trace-by-call"),
    path("traces/<trace:trace>/", trace.page, name="trace"),
    path("traces/<trace:trace>/otlp.json", trace.otlp, name="trace_otlp"),
    path("traces/<trace:trace>/<span:span>/", trace.span, name="span"),
    path("errors/", errors.index, name="errors"),
    path("errors/arguments/", arguments.page, name="error-arguments"),
    path("errors/<span:fingerprint>/", errors.detail, name="error"),
    path("errors/<span:fingerprint>/decide/", errors.decide, name="error-decide"),
    path("tools/", tools.page, name="tools"),
    path("providers/", providers.page, name="providers"),
    path("costs/", costs.page, name="costs"),
    path("prompts/", prompts.index, name="prompts"),
    path("prompts/<slug:name>/", prompts.detail, name="prompt"),
    path("experiments/", experiments.index, name="experiments"),
    path("experiments/<slug:name>/", experiments.detail, name="experiment"),
    path("choice/", choice.index, name="choice"),
    # A group's name is any text.
    path("choice/<path:name>/", choice.detail, name="choice-group"),
    path("incidents/", incidents.index, name="incidents"),
    path("incidents/<int:pk>/", incidents.detail, name="incident"),
    path("incidents/<int:pk>/acknowledge/", incidents.acknowledge, name="acknowledge"),
    path("jobs/", jobs.index, name="jobs"),
    path("exports/", exports.index, name="exports"),
    path("exports/start/", exports.start, name="exports-start"),
    path("exports/list/", exports.listed, name="exports-listed"),
    path("exports/<uuid:pk>/stop/", exports.stop, name="export-stop"),
    path("exports/<uuid:pk>/download/", exports.download, name="export-download"),
    path("playground/", playground.begin, name="playground"),
    # A session's id is any text.
    path("playground/<path:session_id>", playground.conversation, name="playground-conversation"),
    path("system/", system.page, name="system"),
    path("system/store/", store.page, name="store"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
