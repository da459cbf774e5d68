"""What tests share that do no harm to what they start."""

import pytest

from tests.running import a_data_dir, up


@pytest.fixture(scope="session")
def unharmed():
    """A running SalesBoost, for tests that kill none of it: its start takes longer than most of them."""
    with a_data_dir() as data_dir, up(data_dir) as running:
        yield running
