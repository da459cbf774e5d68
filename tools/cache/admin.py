"""The admin's page "Cache": what kept results save, which are read most, and forgetting them."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tools import cache
from tools.models import Scope
from tools.running.runtime import get_executor
from tools.web.access import PERMISSION_OF

ALL = "*"
MOST_READ = 20


def cache_urls(site: AdminSite) -> list[URLPattern]:
    """The page's address; its name is as the sidebar expects it of a model's list."""
    return [path("cache/", site.admin_view(CachePage(site)), name="tools_cache_changelist")]


class CachePage:
    """Whoever may see tools sees it; whoever may clear the cache may, after confirming that."""

    def __init__(self, site: AdminSite) -> None:
        self._site = site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("tools.view_tool"):
            raise PermissionDenied
        if request.method != "POST":
            return self._shown(request)
        if not request.user.has_perm("tools.clear_cache"):
            raise PermissionDenied
        name = request.POST.get("clear", "")
        if name != ALL and name not in get_executor().registry:
            messages.error(request, "There is no such tool: nothing was cleared.")
            return HttpResponseRedirect(reverse("admin:tools_cache_changelist"))
        if "confirmed" not in request.POST:
            return self._page(request, "confirm.html", title="Clear the cache", name=name, of_all=name == ALL)
        return self._cleared(request, name)

    def _cleared(self, request: HttpRequest, name: str) -> HttpResponse:
        gone = async_to_sync(cache.clear)() if name == ALL else async_to_sync(cache.clear_tool)(name)
        of = "" if name == ALL else f" of {name}"
        messages.success(request, f"{gone} kept result{'s' * (gone != 1)}{of} forgotten, in every process.")
        return HttpResponseRedirect(reverse("admin:tools_cache_changelist"))

    def _shown(self, request: HttpRequest) -> HttpResponse:
        async def read() -> tuple[dict[str, Any], list[dict[str, Any]]]:
            return await cache.get_statistics(), await cache.get_top_accessed(MOST_READ)

        statistics, top = async_to_sync(read)()
        if not request.user.has_perm(PERMISSION_OF[Scope.PAYLOADS]):
            top = cache.without_payloads(top)
        for row in statistics["by_tool"].values():
            row["percent"] = f"{100 * row['hit_rate']:.1f}"
        figures = {
            "Hit rate": f"{100 * statistics['hit_rate']:.1f} %",
            "Hits": f"{statistics['hits']:,}",
            "Misses": f"{statistics['misses']:,}",
            "Results kept": f"{statistics['size']:,}",
        }
        return self._page(
            request,
            "page.html",
            title="Cache",
            statistics=statistics,
            figures=figures.items(),
            top=top,
            may_clear=request.user.has_perm("tools.clear_cache"),
        )

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        whole = {**self._site.each_context(request), **context}
        return TemplateResponse(request, f"admin/tools/cache/{template}", whole)
