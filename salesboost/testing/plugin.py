"""The fixtures: ``pytest_plugins = ["salesboost.testing.plugin"]`` in the conftest.py at the top of your tests.

``provider_lab`` is a lab, ``lab_deployment("groq")`` a model of it, ``chaos("flaky", vendor="groq")`` lets it have
a bad day, and ``conversation_snapshot(turn)`` holds a conversation to what it was.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from salesboost.lab.fixture import _provider_lab, provider_lab
from salesboost.lab.lab import Lab

if TYPE_CHECKING:
    from salesboost.testing.chaos import Profile
    from salesboost.testing.snapshots import ConversationSnapshot
    from tools.llm.calling import Deployment

__all__ = ["_provider_lab", "provider_lab"]
UPDATE = "--update-conversations"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("salesboost").addoption(
        UPDATE, action="store_true", help="write the snapshots of conversations anew, as they are now"
    )


@pytest.fixture
def lab_deployment(provider_lab: Lab) -> "Callable[..., Deployment]":
    """``lab_deployment(vendor)``: that vendor's model in the lab, to be asked with ``ModelClient`` or a route."""
    from salesboost.testing.deployments import deployment

    return partial(deployment, provider_lab)


@pytest.fixture
def chaos(provider_lab: Lab) -> "Callable[..., AbstractContextManager[Profile]]":
    """``with chaos(profile, vendor=…):``, a bad day of the lab; ``salesboost.testing.chaos`` has the profiles."""
    from salesboost.testing.chaos import chaos as of_lab

    return partial(of_lab, provider_lab)


@pytest.fixture
def conversation_snapshot(request: Any) -> "ConversationSnapshot":
    """``conversation_snapshot(turn)``: it is as the file in ``conversations/`` beside the test has it."""
    from salesboost.testing.snapshots import ConversationSnapshot

    folder = request.path.parent / "conversations" / request.path.stem
    return ConversationSnapshot(folder, request.node.name, update=request.config.getoption(UPDATE))
