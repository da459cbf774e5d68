"""Valkey's state, under a prefix of its own."""

import secrets

import pytest
from django.conf import settings

from tools.state.valkey import ValkeyState


@pytest.fixture
async def valkey(clock):
    state = ValkeyState(settings.REDIS_URL, now=clock, clock=clock, prefix=f"tests:{secrets.token_hex(6)}:")
    yield state
    await state.aclose()
