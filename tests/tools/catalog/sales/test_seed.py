"""What the sales tools know on the first day."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Q

from tools.catalog.sales.crm.entities import OPEN
from tools.catalog.sales.models import Contact, Customer, Deal, Point, ProfileAccess, Vendor
from tools.catalog.sales.seed import seed

pytestmark = pytest.mark.django_db
MODELS = (Customer, Contact, Deal, ProfileAccess, Vendor, Point)


def rows(model):
    hidden = {"created_at", "updated_at", "search"}
    names = [field.attname for field in model._meta.concrete_fields if field.name not in hidden]
    return list(model.objects.order_by("pk").values_list(*names))


def test_seeding_twice_is_seeding_once():
    seed()
    before = [rows(model) for model in MODELS]
    seed()
    assert [rows(model) for model in MODELS] == before


def test_seeding_makes_the_same_world_each_time():
    seed()
    first = rows(Customer)[:50], rows(Deal)[:50]
    Customer.objects.all().delete()
    seed()
    assert (rows(Customer)[:50], rows(Deal)[:50]) == first


def test_seeding_keeps_what_people_changed():
    seed()
    Customer.objects.filter(pk=1).update(name="Renamed")
    Customer.objects.filter(pk=250).delete()
    seed()
    assert Customer.objects.get(pk=1).name == "Renamed"
    assert not Customer.objects.filter(pk=250).exists()


def test_the_next_records_get_the_next_ids():
    seed()
    number = Deal.objects.count()
    customer = Customer.objects.create(name="Next", country="DE", industry="Retail")
    deal = Deal.objects.create(customer=customer, name="x", amount=1, expected_close_on="2027-01-01")
    assert customer.code == "CUST301"
    assert deal.code == f"DEAL{number + 1:03d}"


def test_it_says_what_there_is():
    told = io.StringIO()
    seed(told)
    assert told.getvalue().startswith("sales: 300 customers, ")


def test_every_row_is_one_that_the_admin_would_take():
    seed()
    for model in (Customer, Contact, Deal):
        for row in model.objects.defer("search"):
            try:
                row.clean_fields(exclude=["search"])
            except ValidationError as error:
                pytest.fail(f"{row}: {error}")


def test_the_world_is_consistent():
    seed()
    assert not Deal.objects.filter(OPEN, closed_on__isnull=False).exists()
    assert not Deal.objects.filter(~OPEN, closed_on=None).exists()
    assert not Deal.objects.filter(closed_on__lt=F("opened_on")).exists()
    assert not Deal.objects.exclude(contact=None).exclude(contact__customer=F("customer")).exists()
    won_without = Q(status="prospect") & Q(deals__stage="closed_won")
    assert not Customer.objects.filter(won_without).exists()


def test_the_known_customers_are_as_people_know_them():
    seed()
    names = list(Customer.objects.filter(pk__lte=3).values_list("name", flat=True))
    assert names == ["Nordlicht Logistik GmbH", "Bluefield Analytics Inc.", "Harrow & Vale Insurance plc"]
