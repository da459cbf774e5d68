"""Quotas are those of all processes, and outlive Valkey's."""

import subprocess
import sys

from django.conf import settings

from tools.state.base import Question
from tools.state.quotas.quota import Period, Quota
from tools.state.valkey import ValkeyState

QUOTA = Quota("key_quota_month", "key:shop", Period.MONTH, 100)
CALLER = """
import asyncio, sys
from tools.state.base import Question
from tools.state.quotas.quota import Period, Quota
from tools.state.valkey import ValkeyState

async def main(url, prefix):
    state = ValkeyState(url, prefix=prefix)
    question = Question("crm", quotas=(Quota("key_quota_month", "key:shop", Period.MONTH, 100),))
    async def one():
        return sum([(await state.ask(question)).allowed for _ in range(30)])
    print(sum(await asyncio.gather(*(one() for _ in range(5)))))
    await state.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_share_one_quota_exactly(valkey):
    command = [sys.executable, "-c", CALLER, settings.REDIS_URL, valkey._prefix]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(process.communicate(timeout=30)[0]) for process in processes) == 100
    valkey._now = None  # as in those processes: Valkey's own clock
    assert [used.used for used in await valkey.quotas_used([QUOTA])] == [100]


async def test_what_valkey_has_on_disk_is_still_used_after_it_died(own_valkey):
    state = ValkeyState(own_valkey.url)
    for _ in range(3):
        await state.ask(Question("crm", quotas=(QUOTA,)))
    own_valkey.write_to_disk()
    own_valkey.kill()
    own_valkey.start()
    (used,) = await state.quotas_used([QUOTA])
    assert (used.used, used.left) == (3, 97)
    await state.aclose()
