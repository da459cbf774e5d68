"""The health of tools, over HTTP; and the answer to an address under /api that there is not."""

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from tools import health
from tools.models import Scope
from tools.running.runtime import get_executor
from tools.web.access import visible_to
from tools.web.problem import NoSuchAddress, ProblemResponse

# Who sends spans, and does nothing else here, need not learn which tools there are.
may_see = visible_to(Scope.READ, Scope.METRICS, Scope.EXECUTE, Scope.MANAGE)


@csrf_exempt
async def no_such_address(request: HttpRequest) -> HttpResponseBase:
    return ProblemResponse(
        NoSuchAddress(f"There is nothing at {request.path}.", hint="the addresses are listed at /api/v1/docs")
    )


@require_GET
@may_see
async def tools_health(request: HttpRequest) -> HttpResponseBase:
    """``{"status", "total_tools", "healthy", "degraded", "unhealthy", "tools": {name: {"status", …}}}``."""
    return JsonResponse(await health.report())


@require_GET
@may_see
async def tool_health(request: HttpRequest, tool_name: str) -> HttpResponseBase:
    """One tool of the same report; 404 with suggestions where there is no such tool."""
    get_executor().registry.get(tool_name)
    report = await health.report()
    return JsonResponse({"tool": tool_name, **report["tools"][tool_name]})


@require_POST
@may_see
async def refresh_tools_health(request: HttpRequest) -> HttpResponseBase:
    """The report, after what this process has not yet reported is counted."""
    return JsonResponse(await health.refresh())
