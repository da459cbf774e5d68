"""REST, and the health of tools."""

from django.urls import path, re_path

from tools.api import api
from tools.jobs.api import router as jobs
from tools.quotas.api import router as quotas
from tools.views import no_such_address, refresh_tools_health, tool_health, tools_health

api.add_router("", jobs)
api.add_router("", quotas)

urlpatterns = [
    path("api/v1/", api.urls),
    re_path(r"^api/", no_such_address),
    path("health/tools", tools_health),
    path("health/tools/refresh", refresh_tools_health),
    path("health/tools/<path:tool_name>", tool_health),
]
