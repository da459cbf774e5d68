"""A prompt with something live, calls of it that went wrong, and somebody who allows that it mends itself."""

import pytest

from telemetry.semconv import VIOLATIONS, Outcome
from tests.dashboard.builders import store_calls
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.evolution.models import Evolution
from tools.llm.providers import live
from tools.llm.providers.snapshot import Snapshot


@pytest.fixture(autouse=True)
def no_deployments():
    with live.pinned(Snapshot()):
        yield


@pytest.fixture
def prompt(db):
    return a_prompt("coach", versions=1, production=1)


@pytest.fixture
def wrong_calls(prompt):
    """``wrong_calls(9, of=40)``: that many of coach@1's calls of the CRM had no right customer."""

    def make(number, of=40, model="gpt-6-sol", **changes):
        about = {"prompt_version": "coach@1", "model": model, "tool": "crm_integration", **changes}
        store_calls(good=of - number, **about)
        broke = {VIOLATIONS: ["customer_id: string_pattern_mismatch"]}
        store_calls(bad=number, outcome=Outcome.ARGUMENTS, attributes=broke, **about)

    return make


@pytest.fixture
def allow(prompt):
    def make(**what):
        return Evolution.objects.create(prompt=prompt, **what)

    return make
