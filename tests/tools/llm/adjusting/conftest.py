"""Adjusters over shared state, each as one of another process."""

import os
import uuid

import pytest

from tools.llm.adjusting.adjuster import Adjuster
from tools.llm.adjusting.keeping import InTables, Place
from tools.process.background import BackgroundLoop
from tools.state.reporter import Reporter
from tools.state.valkey import ValkeyState

PLACE = Place("support@3", "groq")


@pytest.fixture
def make_adjuster(clock):
    """``make_adjuster(chance=…)``: one with a connection, a snapshot and a queue of its own, over one Valkey."""
    prefix, made = f"tests:{uuid.uuid4().hex}:", []

    def make(**parts):
        background = BackgroundLoop("tests-adjusting")
        state = ValkeyState(os.environ["REDIS_URL"], now=clock, prefix=prefix)
        parts = {"now_s": clock, "chance": lambda: 1.0, **parts}
        keeping = InTables()
        made.append((background, keeping))
        return Adjuster(state, Reporter(state, background), keeping, **parts)

    yield make
    for background, keeping in made:
        keeping.stop()
        background.stop()
