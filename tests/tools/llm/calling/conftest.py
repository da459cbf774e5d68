"""Short names for the client of models and its spans: elsewhere these are Django's and the tools'."""

import pytest


@pytest.fixture
def client(model_client):
    return model_client


@pytest.fixture
def spans(model_spans):
    return model_spans
