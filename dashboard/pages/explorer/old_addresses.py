"""The addresses of the list of calls from before there was a search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import MAX_LENGTH, Selection
from dashboard.frame.access import SEE_CALLS, needs


@require_GET
@needs(SEE_CALLS)
def index(request: HttpRequest) -> HttpResponse:
    """Lead to the trace explorer, with the filters of the address as a query."""
    selection = Selection.from_query(request.GET.dict())
    more = {name: request.GET.get(name, "")[:MAX_LENGTH] for name in ("outcome", "session_id")}
    return redirect(f"{reverse('traces')}?{selection.calls(**more)}", permanent=True)
