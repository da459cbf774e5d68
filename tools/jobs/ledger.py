"""What a runner reads and writes: takes a job, its items, and writes what became of them.

Every function is one transaction that locks the job's row first, so that counts are always those of the items and
nothing that another runner, an operator or ``pause`` does comes in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from pydantic_core import to_json

from tools.calls.call import ToolResult, new_tool_call_id
from tools.errors import NotAuthorized, ToolError
from tools.jobs import pacing
from tools.jobs.calling import call_runner
from tools.jobs.models import ACTIVE, ItemState, Job, JobItem, JobState
from tools.jobs.recovery import FATE_UNKNOWN, fail, recover
from tools.jobs.rights import check_may_run

# A runner renews its hold at least every second; one that is silent for so long is taken for dead.
LEASE = timedelta(seconds=15)
# A job whose next call is nearer than this is queued at once: its turn can wait that long itself.
SOON = timedelta(seconds=1)
MAX_RESULT_CHARS = 16_000
ENDED_FIELDS = ("state", "result", "error_code", "error_layer", "error_message", "ended_at", "started_at")


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one attempt at an item."""

    item: JobItem
    said: ToolResult | ToolError


@transaction.atomic
def take(job_id: str, turn: int, now: datetime) -> Job | None:
    """The job, now ours for one turn; None where there is nothing to do, or somebody else does it."""
    job = Job.objects.select_for_update().free(now).filter(pk=job_id, turn=turn).first()
    if job is None:
        return None
    recover(job, now)
    try:
        check_may_run(job)
    except NotAuthorized as error:
        job.state, job.reason, job.leased_until = JobState.PAUSED, error.detail, None
    else:
        job.turn += 1
        job.state = JobState.RUNNING
        job.started_at = job.started_at or now
        job.leased_until = now + LEASE
    job.save()
    return job if job.state == JobState.RUNNING else None


@transaction.atomic
def exchange(mine: Job, endings: Sequence[Ending], limit: "Limit", now: datetime) -> tuple[Job, list[JobItem]]:
    """Write *endings*, renew our hold on the job, and take as many more items as *limit* allows.

    The job comes back as it is now. Where it is paused, over or no longer ours there are no more items.
    """
    job = Job.objects.select_for_update().get(pk=mine.pk)
    settle(job, endings, now)
    items: list[JobItem] = []
    if job.turn == mine.turn:
        job.leased_until = now + LEASE
        if job.state == JobState.RUNNING:
            items = claim(job, limit, now)
    job.save()
    return job, items


@transaction.atomic
def give_back(mine: Job, now: datetime) -> None:
    """End our turn: the job is done, or somebody is called for the next turn when it is due."""
    job = Job.objects.select_for_update().get(pk=mine.pk)
    if job.turn != mine.turn:
        return
    job.leased_until = None
    if job.state in ACTIVE:
        if job.finished >= job.total:
            job.state, job.ended_at = JobState.DONE, now
        else:
            job.due_at = next_due(job, now)
            if job.due_at <= now + SOON:
                call_runner(job)
    job.save()


def next_due(job: Job, now: datetime) -> datetime:
    """When there is something to do: now, or when the first tool of the items left may be asked again."""
    holds = pacing.read_holds(job.holds)
    left = set(job.items.filter(state=ItemState.WAITING).order_by().values_list("tool", flat=True).distinct())
    if not left or left - holds.keys():
        return now
    until = min(holds[tool].until for tool in left)
    return max(now, datetime.fromtimestamp(until, tz=now.tzinfo))


@dataclass(frozen=True, slots=True)
class Limit:
    """How much may be taken: ``free`` places; of the tools in ``careful`` one item each, none of ``busy``."""

    free: int
    careful: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()


def claim(job: Job, limit: Limit, now: datetime) -> list[JobItem]:
    """Items to run now, in their order, marked as running."""
    if limit.free <= 0:
        return []
    held = {tool for tool, hold in pacing.read_holds(job.holds).items() if hold.until > now.timestamp()}
    waiting = job.items.select_for_update(skip_locked=True).filter(state=ItemState.WAITING).order_by("position")
    items: list[JobItem] = []
    for tool in sorted(limit.careful - limit.busy - held):
        items += waiting.filter(tool=tool)[:1]
    items = items[: limit.free]
    if len(items) < limit.free:
        items += waiting.exclude(tool__in=held | limit.careful)[: limit.free - len(items)]
    for item in items:
        item.state, item.started_at, item.ended_at = ItemState.RUNNING, now, None
        item.attempts += 1
        item.tool_call_ids = [*item.tool_call_ids, new_tool_call_id()]
    JobItem.objects.bulk_update(items, ["state", "started_at", "ended_at", "attempts", "tool_call_ids"])
    job.running += len(items)
    return items


def settle(job: Job, endings: Iterable[Ending], now: datetime) -> None:
    """Write what became of items, and count it. An item that was meanwhile tried again keeps what that finds."""
    said = {ending.item.pk: ending for ending in endings}
    if not said:
        return
    settled = []
    for item in job.items.select_for_update().filter(pk__in=said):
        ending = said[item.pk]
        if item.attempts != ending.item.attempts or not still_open(item):
            continue
        count(job, item, -1)
        end(job, item, ending.said, now)
        count(job, item, 1)
        settled.append(item)
    JobItem.objects.bulk_update(settled, ENDED_FIELDS)


def still_open(item: JobItem) -> bool:
    """Whether this attempt's end is not known yet. Late news is better than "fate unknown"."""
    return item.state in (ItemState.RUNNING, ItemState.WAITING) or item.error_code == FATE_UNKNOWN


def end(job: Job, item: JobItem, said: ToolResult | ToolError, now: datetime) -> None:
    """Let *item* be what *said* makes of it, without saving it."""
    if isinstance(said, ToolResult):
        item.state, item.ended_at = ItemState.SUCCEEDED, now
        item.error_code = item.error_layer = item.error_message = ""
        item.result = (said.encoded or to_json(said.result)).decode()[:MAX_RESULT_CHARS]
        job.holds.pop(item.tool, None)
    elif pacing.is_refusal(said) and hold(job, item.tool, said, now):
        item.state, item.started_at = ItemState.WAITING, None
    else:
        fail(item, said.code, str(said.layer), said.detail, now)


def hold(job: Job, tool: str, refusal: ToolError, now: datetime) -> bool:
    """Leave *tool* alone for a while; False where it was waited for long enough."""
    earlier = pacing.read_holds(job.holds).get(tool)
    decided = pacing.after_refusal(earlier, now.timestamp(), refusal.retry_after_s)
    if decided is not None:
        job.holds[tool] = decided.as_dict()
    return decided is not None


def count(job: Job, item: JobItem, step: int) -> None:
    if item.state != ItemState.WAITING:
        setattr(job, item.state, getattr(job, item.state) + step)
