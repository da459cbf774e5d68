"""For those who run SalesBoost: is the process there, is all ready, and the metrics."""

import logging

from asgiref.sync import sync_to_async
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from dashboard.operations.readiness import in_public, shared_readiness
from telemetry.alerts.health import alerts_health
from telemetry.alerts.metrics import families as alert_families
from telemetry.health.metrics import families
from telemetry.health.recording import here, store_health
from tools.errors import ToolError
from tools.health import metrics as tool_health
from tools.models import Scope
from tools.notifications.metrics import render
from tools.running import gauges
from tools.running.runtime import get_executor
from tools.web.access import find_client, visible_to

logger = logging.getLogger(__name__)


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of anybody else, and is open to anybody."""
    return JsonResponse({"status": "ok"})


@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when Postgres, Valkey, the worker and the store all do their part, else 503; what each said, in ms.

    A load balancer sends no key: anybody learns which part is well, and who is known what each said.
    """
    found = await shared_readiness.get()
    try:
        (await find_client(request)).need(Scope.METRICS, Scope.READ, Scope.MANAGE)
    except (ToolError, Error):  # a login cannot be looked up while Postgres is away
        found = in_public(found)
    return JsonResponse(found, status=200 if found["status"] == "ready" else 503)


@require_safe
@visible_to(Scope.METRICS)
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: the tools' counters of all processes of this machine, and our own health."""
    text = await sync_to_async(lambda: render(own_health()), thread_sensitive=False)()
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def own_health() -> list[Metric]:
    """What is known of the store and of Valkey; while Postgres is away, what this machine knows by itself."""
    alerts: list[Metric] = []
    try:
        health, postgres_up = store_health(), 1
        alerts = alert_families(alerts_health(timezone.now()))
    except Error as error:
        logger.warning("/metrics is without the store's figures: %s", error)
        health, postgres_up = here(), 0
    finally:
        connection.close()
    degraded = getattr(get_executor().state, "degraded_since", None) is not None
    return [
        *families(health),
        *alerts,
        *gauges.families(),
        *tool_health.families(),
        GaugeMetricFamily("salesboost_postgres_up", "1 while Postgres answers.", value=postgres_up),
        GaugeMetricFamily(
            "salesboost_valkey_degraded", "1 while this process goes on without Valkey.", value=int(degraded)
        ),
    ]


urlpatterns = [path("healthz", healthz), path("readyz", readyz), path("metrics", metrics)]
