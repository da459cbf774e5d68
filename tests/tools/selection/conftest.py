"""Selectors of a test's own, under a key of their own in Valkey."""

import secrets
from random import Random

import pytest

from tools.selection import live
from tools.selection.process import shutdown
from tools.selection.selector import ToolSelector


@pytest.fixture
def key():
    return f"tests:choice:{secrets.token_hex(6)}"


@pytest.fixture
def no_groups():
    """No group stands in the admin, and no thread asks Postgres whether one does."""
    with live.pinned({}):
        yield


@pytest.fixture
def make_selector(no_groups, key, clock, transactional_db):
    """Build selectors that share what they know, as processes do; the chance of each is fixed."""
    made = []

    def make(seed=1, **parts):
        parts = {"enabled": True, "key": key, "random": Random(seed).random, "clock": clock, **parts}
        made.append(ToolSelector(**parts))
        return made[-1]

    yield make
    for selector in made:
        selector.close()


@pytest.fixture
def selector(make_selector):
    return make_selector()


@pytest.fixture
def processes_selector(settings, key):
    """``get_tool_selector`` with choice switched on."""
    settings.TOOL_BANDIT_ENABLED = True
    settings.TOOL_BANDIT_REDIS_KEY = key
    shutdown()
    yield
    shutdown()
