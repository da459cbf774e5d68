"""The handbook, split and embedded as `manage.py up` does it."""

import pytest

from tools.catalog.knowledge.seed import seed


@pytest.fixture
def handbook(db):
    seed()
