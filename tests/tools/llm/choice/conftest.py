"""Turns over routes of the lab, with a selector of this test's own."""

import secrets
from random import Random

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.tools.llm.models import weather
from tools.llm.turns import Turns
from tools.selection.selector import ToolSelector


@pytest.fixture
def make_selector(transactional_db, clock):
    """Selectors that share what they know, as processes do."""
    made, key = [], f"tests:choice:{secrets.token_hex(6)}"

    def make(seed=1):
        made.append(ToolSelector(enabled=True, key=key, random=Random(seed).random, clock=clock))
        return made[-1]

    yield make
    for selector in made:
        selector.close()


@pytest.fixture
def selector(make_selector):
    return make_selector()


@pytest.fixture
def make_turns(model_client, recorded, make_executor, clock):
    """Build what runs turns, as each process does."""

    def make(selector=None, **parts):
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(recorded))
        parts = {"clock": clock, "tracer": provider.get_tracer("test"), **parts}
        return Turns(model_client, make_executor(weather), selector=selector, **parts)

    return make


@pytest.fixture
def turns(make_turns, selector):
    return make_turns(selector)
