"""A lab, a client whose spans can be looked at, and shared state of this test's own."""

import pytest

from tests.tools.llm.calling.conftest import _lab, client, lab, spans  # noqa: F401
from tools.llm.routing import Router
from tools.llm.routing.health import Health
from tools.process.background import BackgroundLoop
from tools.state.reporter import Reporter


@pytest.fixture
def health(state):
    background = BackgroundLoop("tests-routing")
    yield Health(state, Reporter(state, background))
    background.stop()


@pytest.fixture
def router(client, health, clock):  # noqa: F811
    return Router(client, health, random=lambda: 0.0, clock=clock)
