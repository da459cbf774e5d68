"""A client of models for short."""

import pytest


@pytest.fixture
def client(model_client):
    """Where no pages are asked for: elsewhere it is Django's."""
    return model_client
