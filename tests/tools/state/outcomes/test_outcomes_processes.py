"""How calls ended is counted over all processes."""

import subprocess
import sys

from django.conf import settings

from tools.state.base import RunCounts

REPORTER = """
import asyncio, sys
from telemetry.semconv import Outcome
from tools.state.base import Ran
from tools.state.valkey import ValkeyState

async def main(url, prefix):
    state = ValkeyState(url, prefix=prefix)
    for outcome, failed in ((Outcome.FIRST_TRY, False), (Outcome.RETURNED_FAILURE, False)) * 20:
        await state.report([Ran("crm", outcome, failed)])
    await state.report([Ran("crm", Outcome.PROVIDER, True)])
    await state.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_health_of_a_tool_is_that_of_its_calls_in_two_processes(valkey):
    command = [sys.executable, "-c", REPORTER, settings.REDIS_URL, valkey._prefix]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(30) for process in processes] == [0, 0]
    valkey._now = None  # as in those processes: the clock of the machine
    assert await valkey.run_counts() == {"crm": RunCounts(succeeded=40, broken=2, returned=40)}
