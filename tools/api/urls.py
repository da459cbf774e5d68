"""REST, and the health of tools."""

from django.urls import path, re_path

from tools.api.chat import router as chat
from tools.api.experiments import router as experiments
from tools.api.health import no_such_address, refresh_tools_health, tool_health, tools_health
from tools.api.jobs import router as jobs
from tools.api.prompts import router as prompts
from tools.api.providers import router as providers
from tools.api.quotas import router as quotas
from tools.api.rest import api
from tools.api.selection import router as selection

api.add_router("", jobs)
api.add_router("", quotas)
api.add_router("", providers)
api.add_router("", prompts)
api.add_router("", experiments)
api.add_router("", chat)
api.add_router("", selection)

urlpatterns = [
    path("api/v1/", api.urls),
    re_path(r"^api/", no_such_address),
    path("health/tools", tools_health),
    path("health/tools/refresh", refresh_tools_health),
    path("health/tools/<path:tool_name>", tool_health),
]
