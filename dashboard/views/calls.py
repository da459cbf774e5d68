"""The calls behind a number."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import queries, rows
from dashboard.selection import FILTERS, MAX_LENGTH, Selection
from dashboard.states import OUTCOME_GROUPS, OUTCOME_STATES
from dashboard.views.chrome import chrome

PAGE_SIZE = 50
MORE_FILTERS = ("outcome", "session_id")


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Newest first; filtered by a selection's filters, ``outcome`` and ``session_id``."""
    selection = Selection.from_query(request.GET.dict())
    more = {name: request.GET.get(name, "")[:MAX_LENGTH] for name in MORE_FILTERS}
    window = selection.period.window(timezone.now())
    before = queries.Cursor.parse(request.GET.get("before", ""))
    calls, after = queries.calls_page(window, {**selection.filters, **more}, before, PAGE_SIZE)
    context = {
        **chrome("calls", selection),
        "now": window.now,
        "calls": [(span, rows.caller_name(span.provider, span.model)) for span in calls],
        "fields": [
            {
                "name": name,
                "label": name.replace("_", " "),
                "value": getattr(selection, name, "") or more.get(name, ""),
            }
            for name in (*FILTERS, "session_id")
        ],
        "outcome": more["outcome"],
        "outcomes": OUTCOME_STATES,
        "outcome_groups": list(OUTCOME_GROUPS),
        "filtered": bool(selection.filters or any(more.values())),
        "is_first": before is None,
        "first_query": selection.query(**more),
        "next_query": selection.query(**more, before=str(after)) if after else "",
    }
    return render(request, "dashboard/calls.html", context)
