"""Prompts to try things on."""

import pytest

from tests.tools.llm.prompt_rows import a_draft, a_prompt


@pytest.fixture
def make_prompt(db):
    """``make_prompt(name, versions, production=1, staging=2)``: a prompt whose versions say their numbers."""
    return a_prompt


@pytest.fixture
def draft():
    return a_draft
