"""Which arguments which model gets wrong with which prompt: a heat map a tool."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import edits
from dashboard.errors import arguments, arguments_reading
from dashboard.errors.selection import ErrorSelection
from dashboard.views.chrome import chrome


@require_GET
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """By period, tool, model, provider and role; with a tool, bad values that were sent to it.

    Three queries; two more where a description was edited, three more for a tool's values, one more for staff.
    """
    selection = ErrorSelection.from_query(request.GET.dict())
    window = selection.window(timezone.now())
    violations = arguments_reading.violations(selection, window)
    calls = arguments_reading.calls(selection, window)
    edited = arguments.description_edits(edits.edits_in(window, selection.tool))
    sides = arguments_reading.sides(selection, window, edited)
    samples = arguments_reading.samples(selection.tool, window) if selection.tool else {}
    maps = arguments.maps(violations, calls, sides, samples)
    silent = arguments.silent(violations, calls)
    staff = request.user.is_authenticated and request.user.is_staff
    context = {
        **chrome("errors", selection),
        "now": window.now,
        "maps": maps,
        "more_maps": len({tool for tool, *_ in violations}) - len(maps),
        "silent": silent[: arguments.MOST_TOOLS],
        "more_silent": max(0, len(silent) - arguments.MOST_TOOLS),
        "urls": arguments_reading.description_urls(each.tool for each in maps) if staff and maps else {},
        "filtered": bool(selection.filters),
    }
    return render(request, "dashboard/arguments.html", context)
