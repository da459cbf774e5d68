"""Batch jobs as the lists show them: a state, two bars, and what is to come. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from dashboard.wording import formats
from dashboard.wording.states import State
from tools.jobs.models import Job, JobState
from tools.jobs.progress import RATE_OVER

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
        waits.insert(0, f"{rate_per_s:.2g} a second {rate_words(job, now)}, about {formats.span_of(left_s)} left")
    return "; ".join(waits)


def rate_words(job: Job, now: datetime) -> str:
    """What the rate of *job* is over, as ``tools.jobs.progress.rates`` reckons it."""
    if job.started_at and (ran := now - job.started_at) < RATE_OVER:
        return f"in {formats.span_of(ran.total_seconds())} (since it began)"
    return "in the last minute"
