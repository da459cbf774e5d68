"""Batch jobs: how far they are, when they will be done, and what failed in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import numbers
from dashboard.selection import Selection
from dashboard.states import State
from dashboard.views.access import SEE_JOBS, needs
from dashboard.views.chrome import chrome
from tools.jobs import progress
from tools.jobs.models import Job, JobState

TEMPLATE = "dashboard/jobs.html"
PARTS = ("pulse", "open", "letters", "past")
OPEN_SHOWN, PAST_SHOWN, LETTERS_SHOWN = 100, 30, 20

STATES: dict[str, State] = {
    JobState.QUEUED: State("queued", "unsure"),
    JobState.RUNNING: State("running", "good"),
    JobState.PAUSED: State("paused", "warn"),
    JobState.DONE: State("done", "good"),
    JobState.CANCELLED: State("cancelled", "unsure"),
}
DONE_WITH_FAILURES = State("done, some failed", "warn")


@dataclass(frozen=True, slots=True)
class Row:
    """A job as the page shows it. ``bars`` are (class, start, width) in percent, ``when`` what is to come."""

    job: Job
    state: State
    bars: tuple[tuple[str, float, float], ...]
    when: str


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


def row_of(job: Job, rates: Mapping[UUID, float], now: datetime) -> Row:
    """*job* in words and bars. Pure."""
    state = STATES[job.state]
    if job.state == JobState.DONE and job.failed:
        state = DONE_WITH_FAILURES
    return Row(job, state, bars(job), outlook(job, rates.get(job.pk, 0.0), now))


def bars(job: Job) -> tuple[tuple[str, float, float], ...]:
    """The shares of what succeeded and what failed, one after the other."""
    one = 100 / max(job.total, 1)
    return ("first", 0.0, job.succeeded * one), ("failed", job.succeeded * one, job.failed * one)


def outlook(job: Job, rate_per_s: float, now: datetime) -> str:
    """What is to be expected of *job*, in words."""
    if job.state in (JobState.PAUSED, JobState.CANCELLED):
        return job.reason
    if job.state == JobState.DONE:
        return ""
    waits = [
        f"{tool} is asked again at {datetime.fromtimestamp(hold['until'], tz=UTC):%H:%M:%S}"
        for tool, hold in job.holds.items()
        if hold["until"] > now.timestamp()
    ]
    if rate_per_s:
        left_s = (job.total - job.finished) / rate_per_s
        waits.insert(0, f"{rate_per_s:.2g} a second, about {numbers.span_of(left_s)} left")
    return "; ".join(waits)
