"""The page of tools, from what a round of probes left in shared state."""

import os
import re

import pytest

from dashboard.live.pages import Watch, render
from tools import tool
from tools.errors import ProviderError
from tools.health import canary, rounds
from tools.running import runtime
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState

pytestmark = pytest.mark.django_db


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html).replace("\u202f", " ").replace("&#x27;", "'"))


async def is_away():
    raise ProviderError("The gateway is away.")


@tool(probe=is_away)
async def sends() -> str:
    """Sends."""
    return ""


@tool(read_only=True, sample={})
async def reads() -> str:
    """Reads."""
    return ""


@tool
async def writes() -> str:
    """Writes."""
    return ""


@pytest.fixture
def executor(monkeypatch):
    from tools.definition.registry import ToolRegistry

    registry = ToolRegistry()
    registry.register_all([sends, reads, writes])
    made = ToolExecutor(registry, state=MemoryState())
    monkeypatch.setitem(runtime._executors, os.getpid(), made)
    yield made
    made.close()


def test_the_page_is_behind_the_login(client):
    assert client.get("/tools/").status_code == 302


def test_before_the_first_round_nothing_is_known(signed_in, executor):
    said = text(signed_in.get("/tools/").content.decode())
    assert "Nothing is known of the tools yet" in said
    assert "not called yet" in said


def test_it_shows_what_the_probes_said_and_the_canary(signed_in, executor, django_assert_num_queries):
    executor.wait(rounds.take(executor))
    executor.wait(canary.sing_in_turn(executor))
    said = text(signed_in.get("/tools/").content.decode())
    assert "sends of 3 tools is unhealthy" in said
    assert "−60: Its probe failed: The gateway is away." in said
    assert "40 of 100" in said
    assert "a dry run that changes nothing" in said
    assert "neither a probe nor a sample" in said
    assert "salesboost_canary" not in said
    assert re.search(r"Canary passed called \S+ \S+ ago, answered in \d+ ms", said)
    with django_assert_num_queries(0):
        parts = render(Watch("tools"))
    assert set(parts) == {"pulse", "verdict", "tools"}


def test_which_calls_the_numbers_are_of_stands_beside_them(admin_client, executor):
    said = text(admin_client.get("/tools/").content.decode())
    assert "that reached the tool, without those from the cache and refused ones" in said
    assert "calls that reached it in 5 min" in said
