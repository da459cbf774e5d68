import pytest

from tools.catalog.pricing.seed import seed


@pytest.fixture
def prices(db):
    """The demonstration's price books."""
    seed()
