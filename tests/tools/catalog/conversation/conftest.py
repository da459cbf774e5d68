import pytest

from tools.catalog.conversation.seed import seed


@pytest.fixture
def examples(db):
    """The labelled utterances that ship."""
    seed()
