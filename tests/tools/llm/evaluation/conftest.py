"""What the shipped suites need: the prompts that ship."""

import pytest
from django.core.management import call_command

from tests.tools.llm.evaluation.command import Evaluate
from tools.llm.prompts import live
from tools.llm.prompts.seed import seed


@pytest.fixture
def prompts(transactional_db):
    seed()
    live.refresh()
    yield
    live.stop()


@pytest.fixture
def evaluate(prompts):
    """``evaluate("suite", option=…)``: the command, as somebody runs it."""
    return Evaluate(call_command)
