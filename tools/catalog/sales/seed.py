"""What the sales tools know on the first day. Only empty tables are filled: twice is once."""

import tomllib
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, TextIO

from django.core.management.color import no_style
from django.db import connection, transaction
from simple_history.utils import bulk_create_with_history

from tools.catalog.sales.competition import seeding
from tools.catalog.sales.crm.generator import Generator
from tools.catalog.sales.models import PROFILE_FIELDS, Contact, Customer, Deal, ProfileAccess, Vendor

CUSTOMERS = 300
_DATA = Path(__file__).parent / "data"
_CONFIDENTIAL = {"annual_revenue", "payment_terms_days", "discount_limit_pct", "credit_limit", "tax_id"}
_PERSONAL = {"email", "phone", "contacts"}
# Role → the fields it may not see, and the reason that it is told.
WITHHELD: dict[str, tuple[set[str], str]] = {
    "admin": (set(), "not released to this role"),
    "coach": (
        {"credit_limit", "tax_id", "payment_terms_days", "annual_revenue"},
        "finance only: coaching needs no financial standing",
    ),
    "seller": ({"credit_limit", "tax_id"}, "finance only: ask the finance team"),
    "finance": ({"notes", "contacts", "health_score"}, "sales only: ask the account executive"),
    "analyst": (_PERSONAL | _CONFIDENTIAL | {"notes"}, "analysts work without personal and confidential data"),
}


@transaction.atomic
def seed(stdout: TextIO | None = None) -> None:
    """Make 300 customers with contacts and deals, the profile access rules, and the vendors of our market."""
    for model, fill in ((Customer, seed_crm), (ProfileAccess, seed_access), (Vendor, seed_competition)):
        if not model.objects.exists():
            fill()
    if stdout:
        stdout.write(
            f"sales: {Customer.objects.count()} customers, {Contact.objects.count()} contacts, "
            f"{Deal.objects.count()} deals, {Vendor.objects.count()} vendors\n"
        )


def seed_access() -> None:
    rules = [
        ProfileAccess(role=role, reason=reason, may_see=[name for name in PROFILE_FIELDS if name not in withheld])
        for role, (withheld, reason) in WITHHELD.items()
    ]
    bulk_create_with_history(rules, ProfileAccess, default_change_reason="seed")


def seed_competition() -> None:
    seeding.seed(read("competition"))


def read(name: str) -> dict[str, Any]:
    """The data file of that name."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text())


def seed_crm(until: int = CUSTOMERS) -> None:
    """The well-known customers and, up to the number *until*, invented ones."""
    customers, contacts, deals = _known()
    generator = Generator(read("names"), Random(7), len(customers), len(contacts), len(deals))
    for customer, people, sales in generator.world(until):
        customers.append(customer)
        contacts += people
        deals += sales
    for model, rows in ((Customer, customers), (Contact, contacts), (Deal, deals)):
        # With history, so that the first edit has something to be compared with.
        bulk_create_with_history(rows, model, default_change_reason="seed")
    # Rows with given keys do not move the sequences that number the next ones.
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Customer, Contact, Deal]):
            cursor.execute(statement)


def _known() -> tuple[list[Any], list[Any], list[Any]]:
    """The well-known customers, contacts and deals of ``data/customers.toml``."""
    data, numbers = read("customers"), count(1)
    customers = [Customer(pk=next(numbers), **entry) for entry in data["customers"]]
    contacts = [
        Contact(pk=pk, customer=customers[entry.pop("customer") - 1], **entry)
        for pk, entry in enumerate(data["contacts"], 1)
    ]
    deals = [
        Deal(
            pk=pk,
            customer=customers[entry.pop("customer") - 1],
            contact=contacts[entry.pop("contact") - 1],
            **entry,
        )
        for pk, entry in enumerate(data["deals"], 1)
    ]
    return customers, contacts, deals
