"""The tool through all stages of the pipeline, on a thread with a connection of its own."""

import pytest

from tools.catalog.compliance.compliance_check import compliance_check
from tools.errors import NotAuthorized

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rules")]


@pytest.fixture
def call(make_executor):
    executor = make_executor(compliance_check)

    def run(payload, role="coach"):
        return executor.execute_sync(name="compliance_check", payload=payload, caller_role=role)

    return run


def test_violation_is_a_successful_call(call):
    found = call({"text": "It is risk-free.", "jurisdictions": ["EU"]})
    assert found.as_dict()["status"] == "success"
    assert found.result["compliant"] is False
    assert found.result["violations"][0]["quoted"] == "risk-free"


def test_other_roles_may_not_call_it(call):
    with pytest.raises(NotAuthorized):
        call({"text": "Hello."}, role="rag")
