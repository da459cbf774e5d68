"""What the addresses of jobs answer, as the OpenAPI document tells it."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from tools.web.answers import ERRORS, Problem


class Counts(Schema):
    total: int
    waiting: int
    running: int
    succeeded: int
    failed: int = Field(description="Dead letters.")


class Job(Schema):
    id: str
    name: str
    priority: str
    state: str = Field(description="queued, running, paused, done or cancelled.")
    reason: str = Field(description="Why it is paused or cancelled.")
    caller_role: str
    session_id: str
    submitter: str
    max_concurrent: int
    counts: Counts
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobInDetail(Job):
    rate_per_s: float | None = Field(description="Items that ended each second of the last minute.")
    eta_s: float | None = Field(description="Until the last item ends, at this rate.")
    waits_for: dict[str, datetime] = Field(description="Tools that refused, and when they are asked again.")


class Jobs(Schema):
    jobs: list[Job]
    next: str | None = Field(description="Give it as `after` to read on; null at the end.")


class ItemError(Schema):
    code: str
    layer: str
    message: str


class Item(Schema):
    id: int
    job_id: str
    position: int = Field(description="Its place among the job's calls, from 0.")
    tool: str
    payload: Any
    state: str = Field(description="waiting, running, succeeded or failed.")
    attempts: int
    tool_call_ids: list[str] = Field(description="Find the spans of its attempts, oldest first.")
    result: Any = Field(description="Text where it was too long to be kept whole.")
    error: ItemError | None
    started_at: datetime | None
    ended_at: datetime | None


class Items(Schema):
    items: list[Item]
    next: str | None = Field(description="Give it as `after` to read on; null at the end.")


class Replayed(Schema):
    replayed: int


def or_problem(schema: type[Schema], *statuses: int) -> dict[Any, type[Schema]]:
    return {**dict.fromkeys(statuses or (200,), schema), frozenset({*ERRORS, 409}): Problem}


SUBMITTED = or_problem(JobInDetail, 200, 202)
JOB = or_problem(JobInDetail)
JOBS = or_problem(Jobs)
ITEM = or_problem(Item)
ITEMS = or_problem(Items)
REPLAYED = or_problem(Replayed)
