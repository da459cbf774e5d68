"""The seeded CRM and market, for the tests of this folder that ask for them."""

import pytest

from tools.calls.call import Caller
from tools.catalog.sales.crm_integration import crm_integration
from tools.catalog.sales.seed import seed_access, seed_competition, seed_crm

COACH = Caller(role="coach", session_id="s-1")


@pytest.fixture
def customers(db):
    seed_crm(until=60)  # as many as lists and pages need; test_seed.py makes them all


@pytest.fixture
def access(db):
    seed_access()


@pytest.fixture
def market(db):
    seed_competition()


@pytest.fixture
def crm(customers):
    """The tool as the engine calls it: the payload validated, the caller injected."""

    def call(**payload):
        return crm_integration(**crm_integration.schema.validate(payload), caller=COACH)

    return call
