"""The seeded CRM, made once for all tests of this folder that ask for it."""

import pytest

from tools.call import Caller
from tools.catalog.sales.crm_integration import crm_integration
from tools.catalog.sales.seed import seed

COACH = Caller(role="coach", session_id="s-1")


@pytest.fixture
def seeded(db):
    seed()


@pytest.fixture
def crm(seeded):
    """The tool as the engine calls it: the payload validated, the caller injected."""

    def call(**payload):
        return crm_integration(**crm_integration.schema.validate(payload), caller=COACH)

    return call
