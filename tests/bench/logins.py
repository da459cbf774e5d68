"""What two dozen log-ins at once cost those who only look: how long /healthz takes, beside a quiet time."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import httpx

from tests.running import Running, a_data_dir, up

LOGINS = 24
QUIET_S = 5.0
EVERY_S = 0.02


def run() -> Iterator[dict[str, object]]:
    with a_data_dir() as folder, up(folder) as running:
        quiet, burst, answers, seconds = asyncio.run(measure(running))
    yield {
        "bench": "healthz while people log in",
        "logins": LOGINS,
        "p99_ms": at(burst, 0.99),
        "target_p99_ms": 100,
        "p99_quiet_ms": at(quiet, 0.99),
        "ratio": round(at(burst, 0.99) / at(quiet, 0.99), 1),
        "median_ms": at(burst, 0.5),
        "worst_ms": at(burst, 1.0),
        "looks": len(burst),
        "all_logged_in_after_s": round(seconds, 1),
        "answers": dict(answers),
    }


def at(took_ms: list[float], share: float) -> float:
    """The quantile *share* of *took_ms*."""
    ordered = sorted(took_ms)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1)


async def measure(running: Running) -> tuple[list[float], list[float], Counter[int], float]:
    """Milliseconds of each look at /healthz before and during the log-ins, their answers, and their seconds."""
    answers: Counter[int] = Counter()
    async with httpx.AsyncClient(base_url=running.url, timeout=30) as client:
        await client.get("/healthz")
        quiet = await look(client, asyncio.create_task(asyncio.sleep(QUIET_S)))
        people = [httpx.AsyncClient(base_url=running.url, timeout=60) for _ in range(LOGINS)]
        await asyncio.gather(*(person.get("/login/") for person in people))
        began = time.perf_counter()
        everybody = asyncio.gather(*(log_in(person, running, answers) for person in people))
        burst = await look(client, everybody)
        seconds = time.perf_counter() - began
        await asyncio.gather(*(person.aclose() for person in people))
    return quiet, burst, answers, seconds


async def look(client: httpx.AsyncClient, until: "asyncio.Future[object]") -> list[float]:
    """Milliseconds of each look at /healthz, one after the other until *until* is done."""
    took_ms = []
    while not until.done():
        began = time.perf_counter()
        (await client.get("/healthz")).raise_for_status()
        took_ms.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(EVERY_S)
    await until
    return took_ms


async def log_in(person: httpx.AsyncClient, running: Running, answers: Counter[int]) -> None:
    """Log in, and come back when told to."""
    form = {
        "username": running.credentials["admin_user"],
        "password": running.credentials["admin_password"],
        "csrfmiddlewaretoken": person.cookies["csrftoken"],
    }
    while True:
        answer = await person.post("/login/", data=form)
        answers[answer.status_code] += 1
        if answer.status_code != 503:
            assert answer.status_code == 302, answer.text
            return
        await asyncio.sleep(int(answer.headers["Retry-After"]))
