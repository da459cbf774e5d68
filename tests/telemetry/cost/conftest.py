import pytest

from telemetry.cost import book


@pytest.fixture(autouse=True)
def prices_read_anew():
    """The snapshot is one of the process; a test's prices must not be another's."""
    book.forget()
    yield
    book.forget()
