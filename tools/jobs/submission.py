"""Submitting a job: checked as a whole, stored in one transaction, the same submission once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pydantic_core import PydanticSerializationError, from_json, to_json

from tools.errors import InvalidArguments, NotAuthorized, UnknownTool
from tools.jobs.calling import call_runner
from tools.jobs.models import MAX_CONCURRENT, Job, Priority
from tools.jobs.rights import Submitter, disallowed
from tools.models import Scope
from tools.running.runtime import get_executor

MAX_ITEMS = 10_000
NAMED_FAULTS = 5
SHORT = ("name", "caller_role", "session_id", "caller_id", "idempotency_key")
SHORT_CHARS = 200
# One statement for all: the ORM would take a second to write the SQL of some thousand rows.
INSERT_ITEMS = """
    INSERT INTO jobs_jobitem (job_id, position, tool, payload, context, state, attempts, lost, tool_call_ids,
                              result, error_code, error_layer, error_message)
    SELECT %s, number - 1, call ->> 0, call -> 1, call -> 2, 'waiting', 0, 0, '{}', '', '', '', ''
    FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS calls (call, number)
"""


class IdempotencyConflict(InvalidArguments):
    code = "idempotency_conflict"
    status = 409
    title = "The idempotency key belongs to another job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What somebody wants done. ``calls`` are ``{"tool", "payload", "context"?}``, in order."""

    calls: Sequence[Mapping[str, Any]]
    name: str = ""
    priority: str = Priority.NORMAL
    caller_role: str = ""
    session_id: str = ""
    caller_id: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    max_concurrent: int = 5
    idempotency_key: str = ""


def submit(
    calls: Sequence[Mapping[str, Any]], *, submitter: Submitter | None = None, **options: Any
) -> tuple[Job, bool]:
    """Store a job of *calls* and have it run; the job, and False if the same submission was there already.

    *options* are the fields of ``Submission``. Without a *submitter* the job runs with the rights of our own
    code. Raises InvalidArguments, UnknownTool or NotAuthorized: all that is wrong with the job as a whole. What
    is wrong with one call's arguments is found when it runs, and waits among the dead letters to be mended.
    """
    submission = Submission(calls=calls, **options)
    who = submitter or Submitter()
    who.client.need(Scope.EXECUTE)
    role = who.client.role(submission.caller_role)
    payloads = check(submission, role)
    fingerprint = fingerprint_of(submission, role)
    earlier = find_earlier(submission, who, fingerprint)
    if earlier is not None:
        return earlier, False
    try:
        return store(submission, who, role, fingerprint, payloads), True
    except IntegrityError:
        # Somebody sent the same at the same moment.
        earlier = find_earlier(submission, who, fingerprint)
        if earlier is None:
            raise
        return earlier, False


def check(submission: Submission, role: str) -> list[Any]:
    """The payloads as JSON types. Raises what ``submit`` promises."""
    faults = []
    if not 1 <= len(submission.calls) <= MAX_ITEMS:
        faults.append(f"a job has 1 to {MAX_ITEMS:,} calls, not {len(submission.calls):,}: split it")
    if not 1 <= submission.max_concurrent <= MAX_CONCURRENT:
        faults.append(f"max_concurrent is 1 to {MAX_CONCURRENT}, not {submission.max_concurrent}")
    if submission.priority not in Priority.values:
        faults.append(f"priority is {', '.join(Priority.values)}, not {submission.priority!r}")
    faults += [
        f"{name} is too long or holds what cannot be stored" for name in SHORT if not fits(submission, name)
    ]
    nameless = [number for number, call in enumerate(submission.calls) if not isinstance(call.get("tool"), str)]
    if nameless:
        faults.append(f"calls without a tool: {shown(nameless)}")
    payloads, unstorable = storable(submission.calls)
    if storable([{"payload": dict(submission.context)}])[1]:
        faults.append("the context is not what JSON can hold")
    if unstorable:
        faults.append(f"calls whose payload or context JSON cannot hold: {shown(unstorable)}")
    if faults:
        raise InvalidArguments(f"The job cannot be taken: {'; '.join(faults)}.")
    check_tools({call["tool"] for call in submission.calls}, role)
    return payloads


def fits(submission: Submission, name: str) -> bool:
    text = getattr(submission, name)
    return len(text) <= SHORT_CHARS and storable([{"payload": text}])[1] == []


def check_tools(names: set[str], role: str) -> None:
    """Raises UnknownTool or NotAuthorized, naming every tool that is wrong."""
    registry = get_executor().registry
    unknown = []
    for name in sorted(names - set(registry.names())):
        try:
            registry.get(name)
        except UnknownTool as error:
            unknown.append(error.detail)
    if unknown:
        raise UnknownTool(" ".join(unknown[:NAMED_FAULTS]), hint=f"{len(unknown)} names fit no tool")
    reasons = disallowed(names, role)
    if reasons:
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NotAuthorized(f"The job holds tools that its caller may not call: {listed}.")


def storable(calls: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[int]]:
    """Each call's payload and context as JSON types, and the numbers of those that Postgres could not hold."""
    stored, faulty = [], []
    for number, call in enumerate(calls):
        try:
            text = to_json([call.get("payload", {}), call.get("context") or {}], inf_nan_mode="null")
        except (PydanticSerializationError, ValueError):
            text = b"\\u0000"
        if b"\\u0000" in text:
            faulty.append(number)
        else:
            stored.append(from_json(text))
    return stored, faulty


def shown(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - NAMED_FAULTS} more" if len(numbers) > NAMED_FAULTS else ""
    return ", ".join(str(number) for number in numbers[:NAMED_FAULTS]) + more


def fingerprint_of(submission: Submission, role: str) -> str:
    """The same for submissions that ask for the same."""
    asked = [
        [[call["tool"], call.get("payload", {}), call.get("context") or {}] for call in submission.calls],
        [submission.name, submission.priority, role, submission.session_id, submission.caller_id],
        [sorted(submission.context.items()), submission.max_concurrent],
    ]
    return hashlib.sha256(to_json(asked, inf_nan_mode="null")).hexdigest()


def find_earlier(submission: Submission, who: Submitter, fingerprint: str) -> Job | None:
    """The job that *who* made with the same idempotency key. Raises IdempotencyConflict if it is another."""
    if not submission.idempotency_key:
        return None
    found = Job.objects.filter(submitter=who.name, idempotency_key=submission.idempotency_key).first()
    if found is not None and found.fingerprint != fingerprint:
        raise IdempotencyConflict(
            f"The idempotency key {submission.idempotency_key!r} was used for job {found.id}, which asks for "
            "something else.",
            hint="send the same job again, or use a new key",
        )
    return found


@transaction.atomic
def store(submission: Submission, who: Submitter, role: str, fingerprint: str, payloads: Sequence[Any]) -> Job:
    now = timezone.now()
    job = Job.objects.create(
        name=submission.name,
        priority=submission.priority,
        caller_role=role,
        session_id=submission.session_id,
        caller_id=submission.caller_id,
        context=dict(submission.context),
        submitter=who.name,
        api_key=who.api_key,
        user=who.user,
        max_concurrent=submission.max_concurrent,
        idempotency_key=submission.idempotency_key,
        fingerprint=fingerprint,
        total=len(payloads),
        created_at=now,
        due_at=now,
    )
    items = [[call["tool"], *stored] for call, stored in zip(submission.calls, payloads, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ITEMS, [job.pk, to_json(items).decode()])
    call_runner(job)
    return job
