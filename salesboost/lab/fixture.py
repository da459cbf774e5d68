"""The lab as a pytest fixture, for tests of your own: ``pytest_plugins = ["salesboost.lab.fixture"]``."""

from collections.abc import Iterator

import pytest

from salesboost.lab.lab import Lab


@pytest.fixture(scope="session")
def _provider_lab() -> Iterator[Lab]:
    """One server for all tests."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def provider_lab(_provider_lab: Lab) -> Iterator[Lab]:
    """A lab that nobody has told anything yet; what a test told it is forgotten after it."""
    _provider_lab.forget()
    yield _provider_lab
    _provider_lab.forget()
