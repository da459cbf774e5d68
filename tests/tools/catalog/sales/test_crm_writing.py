"""Creating and updating, with optimistic locking."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from tools.calls.call import Caller
from tools.catalog.sales.crm_integration import crm_integration
from tools.catalog.sales.models import Contact, Customer, Deal
from tools.errors import InvalidArguments, ReturnedFailure

NEW_DEAL = {"name": "Dialer, 20 seats", "amount": 6000, "expected_close_on": "2027-03-31"}


def failure(call):
    with pytest.raises(ReturnedFailure) as caught:
        call()
    return caught.value


def test_an_update_writes_counts_the_version_and_says_what_changed(crm):
    answer = crm(action="update", customer_id="CUST001", version=1, values={"owner": "Grace Okafor"})
    assert answer["changed"] == {"owner": {"from": "Lena Hoffmann", "to": "Grace Okafor"}}
    assert answer["item"]["version"] == 2
    stored = Customer.objects.get(pk=1)
    assert (stored.owner, stored.version) == ("Grace Okafor", 2)


def test_an_update_is_found_by_its_new_words(crm):
    crm(action="update", customer_id="CUST001", version=1, values={"name": "Südlicht Spedition"})
    assert crm(action="search", query="sudlicht")["items"][0]["id"] == "CUST001"
    assert crm(action="search", query="nordlicht logistik gmbh")["total"] == 0


def test_an_update_keeps_who_did_it_in_the_history(crm):
    crm(action="update", customer_id="CUST001", version=1, values={"city": "Bremen"})
    record = Customer.history.filter(id=1).first()
    assert (record.city, record.version, record.history_type) == ("Bremen", 2, "~")
    assert record.history_change_reason == "crm_integration, role coach, session s-1"


def test_a_stale_version_writes_nothing_and_tells_the_present(crm):
    crm(action="update", customer_id="CUST001", version=1, values={"city": "Bremen"})
    error = failure(lambda: crm(action="update", customer_id="CUST001", version=1, values={"city": "Kiel"}))
    assert error.code == "version_conflict"
    assert "has version 2, not 1" in str(error)
    assert "city is 'Bremen'" in error.hint
    assert "version=2" in error.hint
    assert Customer.objects.get(pk=1).city == "Bremen"


def test_the_same_update_again_succeeds_without_writing_again(crm):
    """A second try whose first did its work but timed out has to find that it is done."""
    change = {"action": "update", "customer_id": "CUST001", "version": 1, "values": {"city": "Bremen"}}
    crm(**change)
    answer = crm(**change)
    assert answer["changed"] == {}
    assert answer["item"]["version"] == 2
    assert Customer.history.filter(id=1, history_type="~").count() == 1


def test_an_update_without_version_says_what_to_send(crm):
    with pytest.raises(InvalidArguments) as caught:
        crm(action="update", customer_id="CUST001", values={"city": "Kiel"})
    assert caught.value.code == "version_required"
    assert "CUST001 now has 1" in str(caught.value)
    assert "version=1" in caught.value.hint


@pytest.mark.parametrize("values", [None, {}])
def test_an_update_without_values_says_so(crm, values):
    with pytest.raises(InvalidArguments, match="needs argument 'values'"):
        crm(action="update", customer_id="CUST001", version=1, values=values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"emial": "a@b.example"}, "did you mean 'email'"),
        ({"email": "nonsense"}, "'email': Enter a valid email address"),
        ({"country": "Germany"}, "country"),
        ({"health_score": 101}, "less than or equal to 100"),
        ({"employees": -1}, "greater than or equal to 0"),
        ({"name": ""}, "'name': This field cannot be blank"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"notes": "a\x00b"}, "NUL"),
        ({"credit_limit": 5}, "unknown argument 'credit_limit'"),
        ({"version": 7}, "unknown argument 'version'"),
        ({"customer_since": "2026-13-01"}, "customer_since"),
    ],
)
def test_a_value_that_does_not_fit_is_named(crm, values, message):
    with pytest.raises(InvalidArguments, match=message):
        crm(action="update", customer_id="CUST001", version=1, values=values)
    assert Customer.objects.get(pk=1).version == 1


def test_a_date_can_be_cleared(crm):
    answer = crm(action="update", customer_id="CUST001", version=1, values={"customer_since": None})
    assert answer["changed"]["customer_since"] == {"from": "2023-04-17", "to": None}


def test_an_update_of_nothing_there_is_not_found(crm):
    error = failure(lambda: crm(action="update", customer_id="CUST999", version=1, values={"city": "Kiel"}))
    assert error.code == "not_found"


def test_winning_a_deal_sets_likelihood_and_day(crm):
    item = crm(action="update", deal_id="DEAL001", version=1, values={"stage": "closed_won"})["item"]
    assert item["probability_pct"] == 100
    assert date.fromisoformat(item["closed_on"])
    back = crm(action="update", deal_id="DEAL001", version=2, values={"stage": "proposal"})["item"]
    assert (back["probability_pct"], back["closed_on"]) == (50, None)


def test_losing_a_deal_needs_a_reason(crm):
    lost = {"action": "update", "deal_id": "DEAL001", "version": 1}
    with pytest.raises(InvalidArguments, match="losing a deal needs a reason"):
        crm(**lost, values={"stage": "closed_lost"})
    item = crm(**lost, values={"stage": "closed_lost", "lost_reason": "Works council said no"})["item"]
    assert item["lost_reason"] == "Works council said no"


def test_a_lost_deal_keeps_its_reason(crm):
    with pytest.raises(InvalidArguments, match="losing a deal needs a reason"):
        crm(action="update", deal_id="DEAL004", version=1, values={"lost_reason": ""})


def test_a_deals_contact_is_of_the_same_customer(crm):
    answer = crm(action="update", deal_id="DEAL001", version=1, values={"contact_id": "CONT002"})
    assert answer["changed"]["contact_id"] == {"from": "CONT001", "to": "CONT002"}
    assert answer["item"]["contact_name"] == "Jörg Brandt"
    error = failure(lambda: crm(action="update", deal_id="DEAL001", version=2, values={"contact_id": "CONT004"}))
    assert error.code == "wrong_customer"


def test_creating_a_customer_a_contact_and_a_deal(crm):
    values = {"name": "Novum GmbH", "country": "AT", "industry": "Energy"}
    customer = crm(action="create", values=values)["item"]
    assert customer["id"] == "CUST061"
    person = {"first_name": "Eva", "last_name": "Huber", "email": "eva@novum.example"}
    contact = crm(action="create", entity="contact", customer_id="CUST061", values=person)["item"]
    assert contact["customer_name"] == "Novum GmbH"
    deal = crm(
        action="create", entity="deal", customer_id="CUST061", values={**NEW_DEAL, "contact_id": contact["id"]}
    )["item"]
    assert (deal["stage"], deal["probability_pct"], deal["amount"]) == ("prospecting", 10, "6000.00")
    assert (deal["currency"], deal["contact_name"]) == ("EUR", "Eva Huber")
    record = Deal.history.get(name="Dialer, 20 seats")
    assert record.history_change_reason == "crm_integration, role coach, session s-1"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"values": {"name": "Novum"}}, "needs values for country, industry"),
        ({}, "needs values for name, country, industry"),
        ({"entity": "deal", "values": NEW_DEAL}, "needs argument 'customer_id'"),
        ({"entity": "deal", "customer_id": "CUST001", "values": {"name": "x"}}, "amount, expected_close_on"),
    ],
)
def test_an_incomplete_record_is_not_created(crm, sent, message):
    with pytest.raises(InvalidArguments, match=message):
        crm(action="create", **sent)


@pytest.mark.parametrize(
    ("sent", "twin"),
    [
        ({"values": {"name": "NORDLICHT logistik GmbH", "country": "DE", "industry": "Retail"}}, "CUST001"),
        (
            {
                "entity": "contact",
                "customer_id": "CUST002",
                "values": {
                    "first_name": "A",
                    "last_name": "K",
                    "email": "Anna.Keller@nordlicht-logistik.example",
                },
            },
            "CONT001",
        ),
        (
            {
                "entity": "deal",
                "customer_id": "CUST001",
                "values": {**NEW_DEAL, "name": "SALESBOOST PRO, 60 SEATS"},
            },
            "DEAL002",
        ),
    ],
)
def test_a_double_is_not_created_and_the_first_is_named(crm, sent, twin):
    error = failure(lambda: crm(action="create", **sent))
    assert error.code == "duplicate"
    assert twin in str(error)


def test_a_renaming_that_makes_a_double_is_refused(crm):
    error = failure(
        lambda: crm(
            action="update",
            customer_id="CUST001",
            version=1,
            values={"name": "Harrow & Vale Insurance plc", "country": "GB"},
        )
    )
    assert error.code == "duplicate"
    assert "CUST003" in str(error)
    assert Customer.objects.get(pk=1).name == "Nordlicht Logistik GmbH"


@pytest.mark.parametrize(
    ("sent", "queries"),
    [
        # read, savepoint, conditional update, history, release
        ({"action": "update", "customer_id": "CUST001", "version": 1, "values": {"city": "Kiel"}}, 5),
        # customer, savepoint, insert, history, release
        ({"action": "create", "entity": "deal", "customer_id": "CUST001", "values": NEW_DEAL}, 5),
    ],
)
def test_a_write_costs_a_known_number_of_queries(crm, sent, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        crm(**sent)


@pytest.mark.django_db(transaction=True)
def test_of_many_writers_with_one_version_exactly_one_writes():
    Customer.objects.create(pk=1, name="Nordlicht", country="DE", industry="Logistics")
    writers = 6
    together = Barrier(writers)

    def write(number):
        together.wait(10)
        try:
            crm_integration(
                "update", customer_id="CUST001", version=1, values={"city": f"City {number}"}, caller=Caller()
            )
            return "written"
        except ReturnedFailure as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(writers) as pool:
        ends = list(pool.map(write, range(writers)))
    assert sorted(ends) == ["version_conflict"] * (writers - 1) + ["written"]
    assert Customer.objects.get(pk=1).version == 2
    assert Customer.history.filter(id=1, history_type="~").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_write_between_reading_and_writing_is_a_conflict(monkeypatch):
    """The version is compared by the very statement that writes, not before it."""
    Customer.objects.create(pk=1, name="Nordlicht", country="DE", industry="Logistics")
    check = "tools.catalog.sales.crm.writing._check"

    def meanwhile(*_):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_bump_elsewhere).result()

    monkeypatch.setattr(check, meanwhile)
    error = failure(
        lambda: crm_integration(
            "update", customer_id="CUST001", version=1, values={"city": "Kiel"}, caller=Caller()
        )
    )
    assert error.code == "version_conflict"
    assert Customer.objects.get(pk=1).city == "Bremen"


def _bump_elsewhere():
    assert Customer.objects.change(1, version=1, city="Bremen")
    connection.close()


def test_contacts_of_a_deleted_customer_go_with_it(crm):
    Customer.objects.get(pk=3).delete()
    assert not Contact.objects.filter(pk__in=[6, 7]).exists()
