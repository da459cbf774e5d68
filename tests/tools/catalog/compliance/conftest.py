import pytest

from tools.catalog.compliance.seed import seed


@pytest.fixture
def rules(db):
    """The rules that ship."""
    seed()
