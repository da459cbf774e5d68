"""One customer's profile, by caller role."""

import json

import pytest

from tools.calls.call import Caller
from tools.catalog.sales.models import PROFILE_FIELDS, Customer, Deal, ProfileAccess
from tools.catalog.sales.profile_reader import profile_reader
from tools.catalog.sales.seed import WITHHELD
from tools.errors import InvalidArguments, ReturnedFailure

SECRET_TAX_ID = "DE299999410"


@pytest.fixture
def read(customers, access):
    def call(role="coach", **payload):
        payload = {"customer_id": "CUST001", **payload}
        return profile_reader(**profile_reader.schema.validate(payload), caller=Caller(role=role))

    return call


def test_a_coach_sees_the_relationship(read):
    answer = read()
    assert answer["profile"]["name"] == "Nordlicht Logistik GmbH"
    assert answer["profile"]["contacts"][0]["name"] == "Anna Keller"
    assert answer["profile"]["deals"]["open"] == {"count": 1, "amounts": {"EUR": "70560.00"}}
    assert answer["profile"]["deals"]["won"]["count"] == 1
    assert [deal["id"] for deal in answer["profile"]["deals"]["open_deals"]] == ["DEAL001"]
    json.dumps(answer, allow_nan=False)


def test_what_a_role_may_not_see_is_named_and_not_there(read):
    answer = read()
    withheld = {item["field"]: item["reason"] for item in answer["withheld"]}
    assert set(withheld) == WITHHELD["coach"][0]
    assert "finance only" in withheld["tax_id"]
    assert SECRET_TAX_ID not in json.dumps(answer)


@pytest.mark.parametrize("role", [*WITHHELD, "stranger", ""])
def test_every_field_is_either_shown_or_withheld(read, role):
    answer = read(role)
    shown, withheld = set(answer["profile"]), {item["field"] for item in answer["withheld"]}
    assert shown | withheld == set(PROFILE_FIELDS)
    assert not shown & withheld
    assert withheld == (WITHHELD[role][0] if role in WITHHELD else set(PROFILE_FIELDS))


def test_an_analyst_gets_no_personal_data(read):
    text = json.dumps(read("analyst"))
    for secret in (SECRET_TAX_ID, "anna.keller", "+4930", "148000000"):
        assert secret not in text


def test_finance_sees_sums_with_their_currency(read):
    assert read("finance")["profile"]["credit_limit"] == {"amount": "250000.00", "currency": "EUR"}


def test_an_admins_edit_of_the_table_counts(read):
    ProfileAccess.objects.filter(role="coach").update(may_see=["name"], reason="on holiday")
    answer = read()
    assert answer["profile"] == {"name": "Nordlicht Logistik GmbH"}
    assert {item["reason"] for item in answer["withheld"]} == {"on holiday"}


def test_only_the_fields_asked_for_come(read):
    answer = read(fields=["health_score", "name", "tax_id"])
    assert answer["profile"] == {"name": "Nordlicht Logistik GmbH", "health_score": 82}
    assert [item["field"] for item in answer["withheld"]] == ["tax_id"]


def test_asking_only_for_forbidden_fields_is_told(read):
    with pytest.raises(ReturnedFailure, match="role 'coach' may not see credit_limit, tax_id") as caught:
        read(fields=["tax_id", "credit_limit"])
    assert caught.value.code == "fields_withheld"


def test_an_unknown_field_gets_a_suggestion(read):
    with pytest.raises(InvalidArguments, match="did you mean 'health_score'"):
        read(fields=["healthscore"])


def test_an_unknown_customer_is_not_found(read):
    with pytest.raises(ReturnedFailure, match="'CUST999' does not exist") as caught:
        read(customer_id="CUST999")
    assert caught.value.code == "not_found"


def test_sums_of_deals_are_kept_apart_by_currency(read):
    customer = Customer.objects.get(pk=1)
    Deal.objects.create(customer=customer, name="x", amount="10", currency="USD", expected_close_on="2027-01-01")
    assert read(fields=["deals"])["profile"]["deals"]["open"]["amounts"] == {"EUR": "70560.00", "USD": "10.00"}


@pytest.mark.parametrize(("fields", "queries"), [(None, 4), (["name", "city"], 2), (["deals"], 3)])
def test_only_what_is_shown_is_read(read, fields, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):  # customer, access; contacts and deals if shown
        read(fields=fields)
