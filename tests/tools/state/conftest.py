"""Both kinds of shared state, driven by one clock."""

import secrets

import pytest
from django.conf import settings

from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState


@pytest.fixture
async def valkey(clock):
    """Valkey's state under a prefix of its own."""
    state = ValkeyState(settings.REDIS_URL, now=clock, clock=clock, prefix=f"tests:{secrets.token_hex(6)}:")
    yield state
    await state.aclose()


@pytest.fixture(params=["memory", "valkey"])
def either(request, clock):
    """Each test that asks for this runs on memory and on Valkey."""
    return MemoryState(clock=clock) if request.param == "memory" else request.getfixturevalue("valkey")
