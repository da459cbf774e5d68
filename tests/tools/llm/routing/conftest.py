"""Routing with shared state of this test's own."""

import pytest

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
def router(model_client, health, clock):
    return Router(model_client, health, random=lambda: 0.0, clock=clock)
