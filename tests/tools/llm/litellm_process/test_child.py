"""When the process begins and ends, and what who asks sees of that."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from salesboost.services import wait_until
from tests.running import ROOT
from tests.tools.llm.litellm_process.conftest import client_of
from tests.tools.llm.litellm_process.where import at_lab, by_litellm
from tests.tools.llm.models import ask, asked, said
from tools.llm.adapters.base import Answer
from tools.llm.adapters.errors import ModelError
from tools.llm.litellm_process import starting
from tools.llm.litellm_process.child import Child
from tools.llm.litellm_process.client import Litellm

OPENAI = "openai/gpt-5.2"
SECRET = "sk-kept-to-itself-0123456789"


async def test_the_first_use_starts_it_and_it_is_asked_again(provider_lab, child, own_client):
    assert child.process is None
    where = at_lab(provider_lab, OPENAI)
    await said(own_client, where, ask(where, asked()))
    first = child.process
    await said(own_client, where, ask(where, asked()))
    assert child.process is first and child.is_there


def test_of_two_that_start_it_at_once_one_does(child):
    barrier, found = threading.Barrier(2), []

    def start():
        barrier.wait()
        child.start()
        found.append(child.process.pid)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert found[0] in [each.pid for each in psutil.Process().children()]


async def test_killed_amid_a_stream_it_is_told_of_and_the_next_use_starts_another(
    provider_lab, vendor, child, own_client, spans
):
    _, base_url = vendor
    where = by_litellm(OPENAI, base_url)
    stream = own_client.stream(where, ask(where, asked(), stream=True))
    assert (await anext(stream)).text == "Hi"
    first = child.process
    first.send_signal(signal.SIGKILL)
    with pytest.raises(ModelError) as failed:
        await anext(stream)
    assert failed.value.kind == "broken_stream"
    assert spans.get_finished_spans()[0].attributes["error.type"] == "broken_stream"
    where = at_lab(provider_lab, OPENAI)
    answer, _ = await said(own_client, where, ask(where, asked()))
    assert answer.parts and child.process is not first


async def test_who_leaves_amid_a_stream_takes_the_vendors_request_along(vendor, client):
    vendor, base_url = vendor
    where = by_litellm(OPENAI, base_url)
    stream = client.stream(where, ask(where, asked(), stream=True))
    await anext(stream)
    await stream.aclose()
    await asyncio.wait_for(vendor.left.wait(), 20)


async def test_who_leaves_before_anything_came_does_too(vendor, client):
    vendor, base_url = vendor
    where = by_litellm("mistral/mistral-large-latest", base_url)
    asking = asyncio.ensure_future(client.complete(where, ask(where, asked())))
    await asyncio.wait_for(vendor.asked.wait(), 20)
    asking.cancel()
    await asyncio.wait_for(vendor.left.wait(), 20)


async def test_asked_nothing_for_a_while_it_ends_and_comes_again(provider_lab, spans):
    child = Child("--idle-s", "0.2")
    client = client_of(child, spans)
    where = at_lab(provider_lab, OPENAI)
    await said(client, where, ask(where, asked()))
    first = child.process
    assert await asyncio.to_thread(first.wait, 20) == 0
    answer, _ = await said(client, where, ask(where, asked()))
    assert isinstance(answer, Answer) and child.process is not first
    await client.aclose()
    child.stop()


async def test_one_that_takes_no_connection_any_more_is_replaced(provider_lab, child, own_client, spans):
    where = at_lab(provider_lab, OPENAI)
    await said(own_client, where, ask(where, asked()))
    first = child.process
    child.path.unlink()  # as if it were about to end
    client = client_of(child, spans)  # has no connection yet
    answer, _ = await said(client, where, ask(where, asked()))
    await client.aclose()
    assert answer.parts and child.process is not first


async def test_nobody_at_the_address_is_said_in_one_sentence(tmp_path, monkeypatch, spans):
    monkeypatch.setenv(starting.ADDRESS, str(tmp_path / "nobody"))
    async with Litellm() as line:
        with pytest.raises(ModelError, match="is not there") as failed:
            await line.handle_async_request(httpx.Request("POST", "litellm://process/chat/completions"))
    assert failed.value.kind == "unreachable"


# A program of somebody's own: no Django, no `up`.
PROGRAM = """
import asyncio, sys
from tests.tools.llm.litellm_process.where import by_litellm
from tests.tools.llm.models import ask, asked
from tools.llm.calling import ModelClient
from tools.llm.litellm_process.client import own

async def main():
    where = by_litellm("openai/gpt-5.2", sys.argv[1], key=sys.stdin.readline().strip())
    client = ModelClient()
    try:
        await client.complete(where, ask(where, asked()))
    except Exception as error:
        print(error, flush=True)
    print(own().process.pid, own().path.parent, flush=True)
    assert "litellm" not in sys.modules and "aiohttp" not in sys.modules
    if sys.argv[2] == "stays":
        await asyncio.sleep(60)
    await client.aclose()

asyncio.run(main())
"""


def a_program(provider_lab, how):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, provider_lab.url("openai"), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        text=True,
        env={**os.environ, "MISTRAL_API_KEY": SECRET, "DATABASE_URL": SECRET},
    )
    process.stdin.write(f"{SECRET}\n")
    process.stdin.flush()
    return process


def is_gone(pid):
    """Whether no process has this number any more, or only one that nobody has waited for."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_it_ends_with_who_started_it_however_that_ends(provider_lab):
    program = a_program(provider_lab, "stays")
    pid, folder = program.stdout.readline().split()
    assert not is_gone(pid)
    program.kill()
    program.wait(20)
    assert wait_until(lambda: is_gone(pid), 20)
    Path(folder, starting.SOCKET).unlink()
    Path(folder).rmdir()


def test_ended_in_good_order_nothing_is_left(provider_lab):
    program = a_program(provider_lab, "ends")
    told, _ = program.communicate(timeout=50)
    pid, folder = told.split()
    assert program.returncode == 0 and is_gone(pid) and not Path(folder).exists()


def test_keys_are_in_no_command_line_environment_or_log(provider_lab):
    provider_lab.fail("wrong_key", vendor="openai")
    program = a_program(provider_lab, "stays")
    said = program.stdout.readline()
    pid, folder = program.stdout.readline().split()
    place = Path("/proc", pid)
    shown = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
    assert oct(Path(folder).stat().st_mode)[-3:] == "700"
    program.send_signal(signal.SIGINT)
    rest, _ = program.communicate(timeout=50)
    assert "key" in said and SECRET not in said + rest and SECRET.encode() not in shown
    assert SECRET in provider_lab.requests[0].headers["authorization"]


CONNECT = """
import socket, sys
from pathlib import Path
from tools.llm.litellm_process.starting import short
socket.socket(socket.AF_UNIX).connect(short(Path(sys.argv[1])))
"""


def test_a_folder_that_lies_deep_is_reached_all_the_same(tmp_path):
    deep = tmp_path / ("x" * 90) / ("y" * 90) / "models"
    deep.parent.mkdir(parents=True)
    # The second replaces what a killed process left.
    with starting.listener(deep), starting.listener(deep):
        command = [sys.executable, "-c", CONNECT, str(deep / starting.SOCKET)]
        subprocess.run(command, cwd=ROOT, timeout=20, check=True)
