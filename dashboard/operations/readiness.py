"""Whether all that SalesBoost needs is there: each part asked, timed and judged."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import asyncio as redis

from telemetry.alerts.faults import Fault, faulty_rules
from telemetry.alerts.health import alerts_health, fault_sentence, judging_stopped, sending_stuck
from telemetry.health.recording import recording
from telemetry.process import heartbeats
from telemetry.process.heartbeats import Beat

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
# Spans are stored within a second of their end; what waits longer is not seen by pages nor judged by rules.
LONGEST_WAIT_S = 30.0

MOST_FAULTS = 5

Check = Callable[[], Awaitable[dict[str, Any]]]
Health = Mapping[str, Any]


async def check_postgres() -> dict[str, Any]:
    return await _in_thread(_select_one)


async def check_valkey() -> dict[str, Any]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=ANSWER_WITHIN_S)
    async with client:
        await client.ping()
    return {"ok": True}


def judge_worker(health: Health) -> dict[str, Any]:
    """A worker that never beat is as absent as one that stopped."""
    age_s = health["worker_heartbeat_age_s"]
    if age_s is None:
        return {"ok": False, "detail": "no worker has started yet"}
    told = {"heartbeat_age_s": round(age_s, 3)}
    if age_s <= heartbeats.limit_s(heartbeats.WORKER):
        return {"ok": True, **told}
    return {"ok": False, "detail": f"the worker has not beaten for {age_s:.0f} s", **told}


def judge_ingest(health: Health) -> dict[str, Any]:
    """By the oldest span that waits, not by the newest that came: others may deliver late what ended long ago."""
    age_s = health["oldest_unstored_span_age_s"]
    told = {"oldest_unstored_span_age_s": round(age_s, 3), "queued": health["queued"]}
    if age_s <= LONGEST_WAIT_S:
        return {"ok": True, **told}
    return {"ok": False, "detail": f"a span that ended {age_s:.0f} s ago is not stored", **told}


def judge_judging(health: Health) -> dict[str, Any]:
    """By the last time that all rules were judged, whoever else is alive."""
    judged = health["judged"]
    told = {**_ago("judged", judged), **_faults(health["faults"])}
    if health["tools_left_out"]:
        told["tools_left_out"] = health["tools_left_out"]
    if not judging_stopped(health):
        return {"ok": True, **told}
    return {"ok": False, "detail": _never_or("rules have {} been judged", judged), **told}


def judge_sending(health: Health) -> dict[str, Any]:
    """By the last time that the outbox was emptied, and by what waits in it."""
    sent, waits_s = health["sent"], health["oldest_due_message_age_s"]
    told = {**_ago("sent", sent), "waiting": health["messages_waiting"], "oldest_due_age_s": round(waits_s, 3)}
    if not sending_stuck(health):
        return {"ok": True, **told}
    if heartbeats.stopped(heartbeats.SENDING, sent):
        return {"ok": False, "detail": _never_or("the outbox has {} been emptied", sent), **told}
    return {"ok": False, "detail": f"a message that was due {waits_s:.0f} s ago is not sent", **told}


def judge_canary(health: Health) -> dict[str, Any]:
    """Silence is a warning: the store may be well, and what calls the canary gone.

    What keeps calls from being stored is judged by the oldest that waits.
    """
    age_s = health["canary_age_s"]
    if age_s is None:
        return {"ok": True, "warning": "no call of the canary was stored yet"}
    told = {"ok": True, "age_s": round(age_s, 3)}
    if age_s <= heartbeats.limit_s(heartbeats.CANARY):
        return told
    return {**told, "warning": f"no call of the canary was stored for {age_s:.0f} s, and it is made by the minute"}


# What each part did is read once for all of them.
JUDGES: dict[str, Callable[[Health], dict[str, Any]]] = {
    "worker": judge_worker,
    "ingest": judge_ingest,
    "judging": judge_judging,
    "sending": judge_sending,
    "canary": judge_canary,
}


async def readiness(checks: Mapping[str, Check] | None = None) -> dict[str, Any]:
    """``{"status": "ready" | "not_ready", "checks": {name: {"ok", "ms", …}}}``, all asked side by side."""
    asked = checks_now() if checks is None else checks
    answers = await asyncio.gather(*(_timed(name, check) for name, check in asked.items()))
    found = dict(zip(asked, answers, strict=True))
    return {"status": "ready" if all(answer["ok"] for answer in answers) else "not_ready", "checks": found}


def checks_now() -> dict[str, Check]:
    """The checks of one answer."""
    reading = asyncio.ensure_future(_in_thread(_work))

    async def judged(judge: Callable[[Health], dict[str, Any]]) -> dict[str, Any]:
        return judge(await asyncio.shield(reading))

    judges = {name: partial(judged, judge) for name, judge in JUDGES.items()}
    return {"postgres": check_postgres, "valkey": check_valkey, **judges}


def _work() -> dict[str, Any]:
    now = timezone.now()
    return {**recording(now), **alerts_health(now)}


def _ago(what: str, beat: Beat | None) -> dict[str, float]:
    return {f"{what}_age_s": round(beat.age_s, 3)} if beat else {}


def _faults(faults: Sequence[Fault]) -> dict[str, Any]:
    """Told, and no reason to be unready: all other rules are judged."""
    if not faults:
        return {}
    first = [fault_sentence(each) for each in faults[:MOST_FAULTS]]
    return {"faults": faulty_rules(faults), "first_faults": first}


def _never_or(sentence: str, beat: Beat | None) -> str:
    return f"{sentence.format('not')} for {beat.age_s:.0f} s" if beat else sentence.format("never")


class Shared:
    """An answer that takes a while: who asks for it meanwhile gets the same one.

    So a crowd at an address that is open to anybody costs the stores no more than one.
    """

    def __init__(self, ask: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._ask = ask
        self._task: asyncio.Future[dict[str, Any]] | None = None

    async def get(self) -> dict[str, Any]:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self._task = task = asyncio.ensure_future(self._ask())
        return await asyncio.shield(task)


shared_readiness = Shared(readiness)


def in_public(found: Mapping[str, Any]) -> dict[str, Any]:
    """*found* for who is not known: which part is well and how fast it answered, and no more."""
    checks = {name: {"ok": check["ok"], "ms": check["ms"]} for name, check in found["checks"].items()}
    return {"status": found["status"], "checks": checks}


async def _timed(name: str, check: Check) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await check()
    except TimeoutError:
        answer = {"ok": False, "detail": f"no answer within {ANSWER_WITHIN_S:g} s"}
    except Exception as error:
        # Why is for the log: an address or an account name is nobody's business here.
        logger.warning("%s is not ready: %s", name, error)
        answer = {"ok": False, "detail": f"it does not answer ({type(error).__name__})"}
    return {"ok": answer.pop("ok"), "ms": round((time.perf_counter() - began) * 1000, 1), **answer}


def _select_one() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


async def _in_thread(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Ask on a thread and connection of its own, and give the connection back."""

    def ask_and_release() -> dict[str, Any]:
        try:
            return ask()
        finally:
            connection.close()

    return await sync_to_async(ask_and_release, thread_sensitive=False)()
