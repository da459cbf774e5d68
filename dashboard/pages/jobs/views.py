"""Batch jobs: how far they are, when they will be done, and what failed in them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_JOBS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.jobs.tables import row_of
from tools.jobs import progress
from tools.jobs.models import Job

TEMPLATE = "dashboard/jobs.html"
PARTS = ("pulse", "open", "letters", "past")
OPEN_SHOWN, PAST_SHOWN, LETTERS_SHOWN = 100, 30, 20


@require_GET
@needs(SEE_JOBS)
def index(request: HttpRequest) -> HttpResponse:
    return render(request, TEMPLATE, {**chrome("jobs"), **context(Selection(), timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """Jobs that are not over, the last that are, and the dead letters by cause. Four queries."""
    found = list(Job.objects.open()[:OPEN_SHOWN])
    rates = progress.rates(found, now)
    return {
        "now": now,
        "selection": selection,
        "open": [row_of(job, rates, now) for job in found],
        "past": [row_of(job, {}, now) for job in Job.objects.over()[:PAST_SHOWN]],
        "letters": progress.causes(LETTERS_SHOWN),
    }
