"""Which arguments which model gets wrong with which prompt: a heat map a tool."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.frame.access import SEE_CALLS, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.errors import argument_map, argument_queries
from dashboard.pages.errors.selection import ErrorSelection
from dashboard.queries import edits


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    """By period, tool, model, provider and role; with a tool, bad values that were sent to it.

    Three queries; two more where a description was edited, three more for a tool's values where they may be seen,
    one more for who may edit tools.
    """
    selection = ErrorSelection.from_query(request.GET.dict())
    window = selection.window(timezone.now())
    violations = argument_queries.violations(selection, window)
    calls = argument_queries.calls(selection, window)
    edited = argument_map.description_edits(edits.edits_in(window, selection.tool))
    sides = argument_queries.sides(selection, window, edited)
    sees = may(request.user, SEE_PAYLOADS)
    samples = argument_queries.samples(selection.tool, window) if selection.tool and sees else {}
    maps = argument_map.maps(violations, calls, sides, samples)
    silent = argument_map.silent(violations, calls)
    may_edit = request.user.is_staff and may(request.user, "tools.change_tool")
    context = {
        **chrome("errors", selection),
        "now": window.now,
        "maps": maps,
        "more_maps": len({tool for tool, *_ in violations}) - len(maps),
        "silent": silent[: argument_map.MOST_TOOLS],
        "more_silent": max(0, len(silent) - argument_map.MOST_TOOLS),
        "urls": argument_queries.description_urls(each.tool for each in maps) if may_edit and maps else {},
        "sees_payloads": sees,
        "filtered": bool(selection.filters),
    }
    return render(request, "dashboard/arguments.html", context)
