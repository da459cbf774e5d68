"""One SalesBoost for all tests that need no other: its start takes longer than most of them."""

import httpx
import pytest

from tests.running import a_data_dir, eventually, up


@pytest.fixture(scope="session")
def _salesboost():
    with a_data_dir() as data_dir, up(data_dir) as running:
        yield running


@pytest.fixture
def salesboost(_salesboost):
    """A running SalesBoost, all of it well; parts of it may be killed, since it starts them again."""

    def is_well():
        return httpx.get(f"{_salesboost.url}readyz", headers=_salesboost.headers, timeout=10).status_code == 200

    eventually(is_well, 60, "readiness")
    return _salesboost
