"""Whether all that SalesBoost needs is there: each part asked, timed and judged."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from redis import asyncio as redis

from telemetry.health import store_health

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 3.0
# The worker beats every 5 s and is started again within 5 s when it dies.
OLDEST_HEARTBEAT_S = 30.0
LONGEST_LAG_S = 30.0

Check = Callable[[], Awaitable[dict[str, Any]]]


async def check_postgres() -> dict[str, Any]:
    return await _in_thread(_select_one)


async def check_valkey() -> dict[str, Any]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=ANSWER_WITHIN_S)
    async with client:
        await client.ping()
    return {"ok": True}


async def check_worker() -> dict[str, Any]:
    return judge_worker(await _in_thread(store_health))


async def check_ingest() -> dict[str, Any]:
    return judge_ingest(await _in_thread(store_health))


CHECKS: dict[str, Check] = {
    "postgres": check_postgres,
    "valkey": check_valkey,
    "worker": check_worker,
    "ingest": check_ingest,
}


def judge_worker(health: Mapping[str, Any]) -> dict[str, Any]:
    """A worker that never beat is as absent as one that stopped."""
    age_s = health["worker_heartbeat_age_s"]
    if age_s is None:
        return {"ok": False, "detail": "no worker has started yet"}
    return {"ok": age_s <= OLDEST_HEARTBEAT_S, "heartbeat_age_s": round(age_s, 3)}


def judge_ingest(health: Mapping[str, Any]) -> dict[str, Any]:
    lag_s = health["ingest_lag_s"]
    return {"ok": lag_s <= LONGEST_LAG_S, "lag_s": round(lag_s, 3), "queued": health["queued"]}


async def readiness(checks: Mapping[str, Check] | None = None) -> dict[str, Any]:
    """``{"status": "ready" | "not_ready", "checks": {name: {"ok", "ms", …}}}``, all asked side by side."""
    asked = CHECKS if checks is None else checks
    answers = await asyncio.gather(*(_timed(name, check) for name, check in asked.items()))
    found = dict(zip(asked, answers, strict=True))
    return {"status": "ready" if all(answer["ok"] for answer in answers) else "not_ready", "checks": found}


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
