"""Changes of shared state that hooks are told, when they happen elsewhere."""

import asyncio
import secrets
from dataclasses import replace

import pytest

from salesboost.services import wait_until
from telemetry.semconv import Outcome
from tools import tool
from tools.definition.policy import BreakerHold, BreakerPolicy
from tools.notifications.dispatch import Hooks
from tools.notifications.state_watch import StateWatch
from tools.process.background import BackgroundLoop
from tools.state.base import Ran
from tools.state.fallback import FallbackState
from tools.state.valkey import ValkeyState


@tool
async def crm() -> None:
    """Is watched."""


class Changes:
    """Keeps what changed."""

    def __init__(self):
        self.seen = []

    def on_state_change(self, event):
        self.seen.append((event.tool, event.was, event.now))


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


@pytest.fixture
def watched(own_valkey, background):
    """What changes of a state on a Valkey of its own, and the prefix of its keys."""
    prefix, changes = f"tests:{secrets.token_hex(6)}:", Changes()
    state = FallbackState(ValkeyState(own_valkey.url, prefix=prefix), background)
    background.submit(StateWatch(state, [crm], lambda tool: tool.policy, Hooks([changes])).run())
    return changes, prefix, state


async def test_a_breaker_that_another_process_opened_is_told(watched, own_valkey):
    changes, prefix, _ = watched
    other = ValkeyState(own_valkey.url, prefix=prefix)
    await other.report([Ran("crm", Outcome.PROVIDER, True, BreakerPolicy(failures=1))])
    assert await asyncio.to_thread(wait_until, lambda: changes.seen == [("crm", "closed", "open")], 5)
    await other.aclose()


def test_a_breaker_that_an_admin_holds_is_told(state):
    policies, changes = [crm.policy, replace(crm.policy, breaker_hold=BreakerHold.OPEN), crm.policy], Changes()
    hooks = Hooks([changes])
    watch = StateWatch(state, [crm], lambda tool: policies.pop(0), hooks)
    for _ in range(3):
        watch.look()
    assert hooks.flush(5)
    assert changes.seen == [("crm", "closed", "held_open"), ("crm", "held_open", "closed")]


async def test_shared_state_that_goes_away_and_comes_back_is_told(watched, own_valkey):
    changes, _, _ = watched
    own_valkey.kill()
    assert await asyncio.to_thread(wait_until, lambda: ("", "shared", "own") in changes.seen, 5)
    own_valkey.start()
    assert await asyncio.to_thread(wait_until, lambda: changes.seen[-1] == ("", "own", "shared"), 10)
