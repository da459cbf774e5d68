"""The REST addresses of jobs: submit, watch, control, mend and replay."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field
from pydantic_core import to_json

from tools.api.rest import ApiRequest, may_execute, may_look
from tools.jobs import answers, control, deadletter, progress
from tools.jobs.bodies import EditBody, JobBody, ReplayBody, read_job
from tools.jobs.models import ItemState, Job, JobItem, JobState
from tools.jobs.paging import page, unknown_mark
from tools.jobs.rights import check_may_change, may_change, submitter_of_request
from tools.jobs.submission import submit
from tools.models import Scope
from tools.web.access import Client
from tools.web.bodies import describe, read_body
from tools.web.parameters import reads_query
from tools.web.problem import NoSuchAddress

router = Router(auth=[may_look], tags=["jobs"])
Limit = Annotated[int, Field(ge=1, le=500)]
Filter = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Action = Literal["pause", "resume", "cancel"]
ACTIONS: dict[str, Callable[[Job], Job]] = {
    "pause": control.pause,
    "resume": control.resume,
    "cancel": control.cancel,
}


@router.post("/jobs", auth=may_execute, response=answers.SUBMITTED, openapi_extra=describe(JobBody))
@reads_query
async def submit_job(request: ApiRequest) -> Any:
    """Have many calls made in the background. 202, or 200 where the same job was submitted before.

    Also takes lines of JSON (application/x-ndjson) and CSV (text/csv, with ?tool=).
    """
    return await in_thread(submit_now, request)


@router.get("/jobs", response=answers.JOBS)
async def list_jobs(request: ApiRequest, state: JobState | None = None, limit: Limit = 50, after: str = "") -> Any:
    """Jobs, the newest first."""
    jobs = visible_jobs(request.auth)
    found, mark = await in_thread(
        page, jobs.filter(state=state) if state else jobs, by="created_at", after=after, limit=limit
    )
    return reply({"jobs": [progress.as_dict(job) for job in found], "next": mark})


@router.get("/jobs/{uuid:job_id}", response=answers.JOB)
async def get_job(request: ApiRequest, job_id: UUID) -> Any:
    """One job: how far it is, how fast it goes, and when it will be done."""
    job = await in_thread(find_job, request.auth, job_id)
    return reply(await in_thread(progress.in_detail, job, timezone.now()))


@router.get("/jobs/{uuid:job_id}/items", response=answers.ITEMS)
async def list_items(
    request: ApiRequest, job_id: UUID, state: ItemState | None = None, limit: Limit = 100, after: str = ""
) -> Any:
    """A job's items in their order, each with its result or its error.

    Those who may not change the job get payloads and results without secrets and personal data; of jobs of others
    they are null without the scope `payloads`.
    """
    job = await in_thread(find_job, request.auth, job_id)
    items = job.items.filter(state=state) if state else job.items.all()
    if after:
        if not after.isdecimal() or len(after) > 9:
            raise unknown_mark(after)
        items = items.filter(position__gt=int(after))
    found = await in_thread(list, items.order_by("position")[: limit + 1])
    mark = str(found[limit - 1].position) if len(found) > limit else None
    return reply({"items": [item_for(request.auth, item, job) for item in found[:limit]], "next": mark})


@router.post("/jobs/{uuid:job_id}/replay", auth=may_execute, response=answers.REPLAYED)
async def replay_job(request: ApiRequest, job_id: UUID) -> Any:
    """Have all dead letters of a job run again."""
    job = await in_thread(find_job, request.auth, job_id)
    check_may_change(job, request.auth)
    return reply({"replayed": await in_thread(deadletter.replay_job, job)})


@router.post("/jobs/{uuid:job_id}/{action}", auth=may_execute, response=answers.JOB)
async def control_job(request: ApiRequest, job_id: UUID, action: Action) -> Any:
    """Pause, resume or cancel a job. Calls that run end; to do it twice is the same as once."""
    return await in_thread(act_on_job, request.auth, job_id, ACTIONS[action])


@router.get("/dead-letters", response=answers.ITEMS)
async def list_dead_letters(
    request: ApiRequest, tool: Filter = "", code: Filter = "", limit: Limit = 100, after: str = ""
) -> Any:
    """The items that failed, in all jobs, the newest first."""
    wanted = {name: value for name, value in {"tool": tool, "error_code": code}.items() if value}
    items = visible_dead(request.auth).filter(**wanted).select_related("job")
    found, mark = await in_thread(page, items, by="ended_at", after=after, limit=limit)
    return reply({"items": [item_for(request.auth, item, item.job) for item in found], "next": mark})


@router.patch(
    "/dead-letters/{int:item_id}",
    auth=may_execute,
    response=answers.ITEM,
    openapi_extra=describe(EditBody),
)
async def edit_dead_letter(request: ApiRequest, item_id: int) -> Any:
    """Give a dead letter another payload, which is checked against its tool's schema."""
    body = read_body(request, EditBody)
    return await in_thread(edit_now, request, item_id, body.payload)


@router.post(
    "/dead-letters/replay", auth=may_execute, response=answers.REPLAYED, openapi_extra=describe(ReplayBody)
)
async def replay_items(request: ApiRequest) -> Any:
    """Have dead letters run again, each in its own job. Those that are none any more are left out."""
    body = read_body(request, ReplayBody)
    return await in_thread(replay_now, request.auth, body.items)


async def in_thread(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What *work* returns; it reads and writes the database."""
    return await sync_to_async(partial(work, *args, **options))()


def reply(content: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(to_json(content, inf_nan_mode="null"), content_type="application/json", status=status)


def visible_jobs(client: Client) -> QuerySet[Job]:
    """Who may read telemetry, or jobs, sees every job; others see their own."""
    if client.may(Scope.READ, permission="jobs.view_job"):
        return Job.objects.all()
    return Job.objects.filter(submitter=client.sender)


def visible_dead(client: Client) -> QuerySet[JobItem]:
    dead = JobItem.objects.dead().filter(ended_at__isnull=False)
    if client.may(Scope.READ, permission="jobs.view_job"):
        return dead
    return dead.filter(job__submitter=client.sender)


def item_for(client: Client, item: JobItem, job: Job) -> dict[str, Any]:
    """*item* of *job* as *client* may see it: the arguments and results of others are a scope of their own."""
    payloads = client.sees_payloads or client.sender == job.submitter
    return progress.item_as_dict(item, whole=payloads and may_change(job, client), payloads=payloads)


def find_job(client: Client, job_id: UUID) -> Job:
    """The job. Raises NoSuchAddress for one that is not there or not to be seen."""
    job = visible_jobs(client).filter(pk=job_id).first()
    if job is None:
        raise NoSuchAddress(f"There is no job {job_id}.", hint="jobs are listed at /api/v1/jobs")
    return job


def submit_now(request: ApiRequest) -> HttpResponse:
    # Thousands of calls take a while to read and check: not on the loop that serves everybody.
    body = read_job(request)
    options = {name: getattr(body, name) for name in JobBody.model_fields if name != "calls"}
    calls = [{"tool": call.tool, "payload": call.payload, "context": call.context} for call in body.calls]
    job, made = submit(calls, submitter=submitter_of_request(request), **options)
    return reply(progress.in_detail(job, timezone.now()), 202 if made else 200)


def act_on_job(client: Client, job_id: UUID, act: Callable[[Job], Job]) -> HttpResponse:
    job = find_job(client, job_id)
    check_may_change(job, client)
    return reply(progress.in_detail(act(job), timezone.now()))


def edit_now(request: ApiRequest, item_id: int, payload: Any) -> HttpResponse:
    item = visible_dead(request.auth).select_related("job").filter(pk=item_id).first()
    if item is None:
        raise NoSuchAddress(f"There is no dead letter {item_id}.", hint="they are listed at /api/v1/dead-letters")
    check_may_change(item.job, request.auth)
    who = submitter_of_request(request)
    edited = deadletter.edit(item, payload, by=who.name, user=who.user)
    return reply(item_for(request.auth, edited, item.job))


def replay_now(client: Client, ids: list[int]) -> HttpResponse:
    dead = visible_dead(client).filter(pk__in=ids)
    for job in Job.objects.filter(pk__in=dead.order_by().values("job")):
        check_may_change(job, client)
    return reply({"replayed": deadletter.replay(dead.values_list("pk", flat=True))})
