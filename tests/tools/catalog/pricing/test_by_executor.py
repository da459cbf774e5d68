"""The tool through all stages of the pipeline, on a thread with a connection of its own."""

import json

import pytest

from tools.catalog.pricing.price_calculator import price_calculator
from tools.errors import InvalidArguments, NotAuthorized, ReturnedFailure

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("prices")]
PAYLOAD = {"items": [{"sku": "PRO", "quantity": "12"}], "discount_percent": 12.5, "quote_date": "2026-06-01"}


@pytest.fixture
def call(make_executor):
    executor = make_executor(price_calculator)

    def run(payload, role="coach"):
        return executor.execute_sync(name="price_calculator", payload=payload, caller_role=role)

    return run


def test_amounts_are_strings_in_json(call):
    result = call(PAYLOAD).result
    # (10 × 59 + 2 × 54) × 0.875 = 610.75 a month
    assert json.loads(json.dumps(result))["totals"]["net"] == "7329.00"
    assert result["approval_required_by"] == "sales manager"


def test_other_roles_may_not_call_it(call):
    with pytest.raises(NotAuthorized):
        call(PAYLOAD, role="rag")


def test_what_cannot_be_quoted_is_a_returned_failure(call):
    with pytest.raises(ReturnedFailure) as raised:
        call({**PAYLOAD, "discount_percent": 45})
    assert raised.value.code == "discount_too_high"


def test_misspelt_argument_gets_a_hint(call):
    with pytest.raises(InvalidArguments, match="discount_percent"):
        call({"items": PAYLOAD["items"], "discount_procent": 5})
