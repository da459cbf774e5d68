"""Prompts to try things on."""

import pytest

from tests.tools.llm.prompt_rows import a_draft, a_prompt
from tools.llm.providers import live
from tools.llm.providers.snapshot import Snapshot


@pytest.fixture
def make_prompt(db):
    """``make_prompt(name, versions, production=1, staging=2)``: a prompt whose versions say their numbers."""
    return a_prompt


@pytest.fixture
def draft():
    return a_draft


@pytest.fixture(autouse=True)
def no_deployments():
    """Nobody to ask: the admin's pages would read the tables in a thread, which outlives the test."""
    with live.pinned(Snapshot()):
        yield
