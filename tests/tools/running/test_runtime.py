"""One executor a process, also after a fork, with and without event loops around it."""

import asyncio
import subprocess
import sys
import threading

import pytest

from tools.process.background import BackgroundLoop
from tools.running import runtime


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


@pytest.fixture
def small_catalog(no_edits, monkeypatch):
    monkeypatch.setattr("tools.catalog.CATALOG", ["tools.catalog.sales.profile_reader"])
    yield
    runtime.shutdown()


def test_a_process_has_one_executor(small_catalog):
    assert runtime.get_executor() is runtime.get_executor()


def test_after_a_shutdown_a_new_one_is_built(small_catalog):
    before = runtime.get_executor()
    runtime.shutdown()
    assert runtime.get_executor() is not before


def test_a_background_loop_runs_what_it_is_given_and_starts_again_after_a_stop(background):
    async def answer():
        return 42

    assert background.submit(answer()).result(5) == 42
    background.stop()
    assert background.submit(answer()).result(5) == 42


def test_a_background_loop_cancels_what_still_runs_when_it_stops(background):
    started, ended = threading.Event(), []

    async def wait():
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    background.submit(wait())
    assert started.wait(5)
    background.stop()
    assert ended == [True]


class Ends:
    """A hook that the settings name."""

    def on_end(self, event):
        """Hears of successes."""


def test_the_settings_name_the_hooks_of_the_process(settings):
    settings.TOOL_HOOKS = [f"{Ends.__module__}.Ends"]
    assert [type(hook).__name__ for hook in runtime.build_hooks()] == ["Ends"]


SCRIPT = """
import os
import django
django.setup()
from tools import ToolExecutor, ToolRegistry, tool
from tools.decisions import live
from tools.decisions.live import Snapshot

@tool
def halve(number: int) -> int:
    '''Half the number, worked out in a thread.'''
    return number // 2

class Hook:
    def on_end(self, event):
        heard.append(event.result.result)

@tool(cache_ttl_s=60, rate="1000/s")
async def double(number: int) -> int:
    '''Twice the number.'''
    return number * 2

registry = ToolRegistry()
registry.register(double)
registry.register(halve)
heard = []
with live.pinned(Snapshot()):
    executor = ToolExecutor(registry=registry, hooks=[Hook()])
    def say():
        heard.clear()
        executor.execute_sync(name="halve", payload={"number": 21})
        print(executor.execute_sync(name="double", payload={"number": 21}).result, flush=True)
        assert executor.hooks.flush() and heard == [10, 42], heard
    say()
    if (child := os.fork()) == 0:
        say()
        executor.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    say()
"""


def test_a_script_calls_tools_before_and_after_a_fork_and_ends_by_itself():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=40, check=False)
    assert done.stdout.split() == ["42"] * 3
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_script_leaves_behind_reaches_valkey_although_it_ends_at_once():
    script = SCRIPT.split("    if (child", maxsplit=1)[0]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script.replace(".result,", ".outcome,")],
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
    assert (done.stdout.strip(), done.stderr) == ("from_cache", "")
