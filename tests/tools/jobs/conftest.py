"""What tests of jobs share: small tools, an executor over them as the process's own, and turns run by hand."""

import asyncio
import os
import threading

import pytest

from tools import tool
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.errors import RateLimited, ReturnedFailure
from tools.jobs.models import Job
from tools.jobs.runner import Turn
from tools.jobs.submission import submit
from tools.running import runtime

RAN: list[int] = []
SIDE_BY_SIDE = {"now": 0, "most": 0}
_lock = threading.Lock()


@tool(idempotent=True)
async def note(number: int) -> int:
    """Note a number."""
    with _lock:
        SIDE_BY_SIDE["now"] += 1
        SIDE_BY_SIDE["most"] = max(SIDE_BY_SIDE.values())
    await asyncio.sleep(0.001)
    with _lock:
        SIDE_BY_SIDE["now"] -= 1
        RAN.append(number)
    return number


@tool
async def send_once(to: str) -> str:
    """Send something, which must not be sent twice."""
    if to == "rubble":
        raise ReturnedFailure("\0\ud800", code="\0" * 200)
    if to == "nobody":
        raise ReturnedFailure("there is nobody of that name", code="nobody")
    return f"sent to {to}"


@tool(roles={"chief"})
async def only_chief() -> str:
    """Is for the chief."""
    return "yes"


class Gate:
    """Refuses until it is opened."""

    def __init__(self):
        self.open = False
        self.asked = 0
        self.retry_after_s = 0.05


GATE = Gate()


@tool(idempotent=True)
async def gated(number: int) -> int:
    """Goes through when the gate is open."""
    GATE.asked += 1
    if not GATE.open:
        raise RateLimited("the gate is closed", retry_after_s=GATE.retry_after_s)
    return number


@tool
async def leave(number: int) -> int:
    """Try to end the process, asked for an odd number."""
    if number % 2:
        raise KeyboardInterrupt
    return number


@tool
def leave_a_thread(number: int) -> int:
    """Try the same from a thread."""
    if number % 2:
        raise KeyboardInterrupt
    return number


TOOLS = (note, send_once, only_chief, gated, leave, leave_a_thread)


@pytest.fixture
def executor(make_executor, spans, monkeypatch):
    """The process's executor, over TOOLS and state in memory."""
    executor = make_executor(*TOOLS)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    RAN.clear()
    SIDE_BY_SIDE.update(now=0, most=0)
    GATE.__init__()
    with live.pinned(Snapshot()):
        yield executor


@pytest.fixture
def calls_made(monkeypatch):
    """The jobs that a runner was called for, in order; no message leaves this process."""
    made = []

    def send_task(name, **message):
        made.append({"name": name, **message})

    monkeypatch.setattr("tools.jobs.calling.current_app.send_task", send_task)
    return made


@pytest.fixture
def make_job(executor, calls_made):
    """Submit a job of calls to one tool, one for each of the given payloads."""

    def make(tool_name="note", payloads=None, **options):
        payloads = [{"number": number} for number in range(5)] if payloads is None else payloads
        job, _ = submit([{"tool": tool_name, "payload": payload} for payload in payloads], **options)
        return job

    return make


@pytest.fixture
def run_turn(executor):
    """Run one turn of a job here; the job as it is afterwards."""

    def run(job, **parts):
        turn = Job.objects.get(pk=job.pk).turn
        Turn(str(job.pk), turn, executor, **parts).run()
        return Job.objects.get(pk=job.pk)

    return run
