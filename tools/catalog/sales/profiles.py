"""What a profile shows of a customer, field by field, and which of it a caller role may see."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.catalog.sales.crm.entities import as_json
from tools.catalog.sales.models import PROFILE_FIELDS, Contact, Customer, Deal, ProfileAccess


@dataclass(frozen=True, slots=True)
class Access:
    """The fields that a role may see, and why it may not see the others."""

    fields: frozenset[str]
    reason: str

    def split(self, wanted: Iterable[str]) -> tuple[list[str], list[dict[str, str]]]:
        """*wanted* in the order of profiles: what is released, and what is withheld with the reason."""
        asked = [name for name in PROFILE_FIELDS if name in set(wanted)]
        released = [name for name in asked if name in self.fields]
        return released, [{"field": name, "reason": self.reason} for name in asked if name not in self.fields]


def access_of(role: str) -> Access:
    """What *role* may see; nothing, where no rule names it."""
    rule = ProfileAccess.objects.filter(role=role).first()
    if rule is None:
        return Access(frozenset(), f"role {role!r} has no profile access rule; an admin can add one")
    return Access(frozenset(rule.may_see), rule.reason)


def shown(customer: Customer, fields: Iterable[str]) -> dict[str, Any]:
    """The *fields* of *customer* as JSON types. Only what is asked for is read from the database."""
    return {name: _FROM_ROWS.get(name, _column(name))(customer) for name in fields}


def _column(name: str) -> Callable[[Customer], Any]:
    return lambda customer: as_json(getattr(customer, name))


def _contacts(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "id": contact.code,
            "name": contact.full_name,
            "job_title": contact.job_title,
            "influence": contact.influence,
            "email": contact.email,
            "phone": contact.phone,
            "language": contact.language,
            "may_be_marketed_to": contact.may_be_marketed_to,
        }
        for contact in Contact.objects.filter(customer=customer).defer("search")
    ]


def _deals(customer: Customer) -> dict[str, Any]:
    deals = list(Deal.objects.filter(customer=customer).order_by("expected_close_on", "id").defer("search"))
    summary = {name: summed(deal for deal in deals if state_of(deal) == name) for name in ("open", "won", "lost")}
    return {**summary, "open_deals": [_open_deal(deal) for deal in deals if state_of(deal) == "open"]}


def state_of(deal: Deal) -> str:
    return {Deal.Stage.CLOSED_WON: "won", Deal.Stage.CLOSED_LOST: "lost"}.get(Deal.Stage(deal.stage), "open")


def summed(deals: Iterable[Deal]) -> dict[str, Any]:
    """How many, and the sum in each currency."""
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    number = 0
    for deal in deals:
        number += 1
        amounts[deal.currency] += deal.amount
    return {
        "count": number,
        "amounts": {currency: as_json(amount) for currency, amount in sorted(amounts.items())},
    }


def _open_deal(deal: Deal) -> dict[str, Any]:
    return {
        "id": deal.code,
        "name": deal.name,
        "stage": deal.stage,
        "amount": as_json(deal.amount),
        "currency": deal.currency,
        "probability_pct": deal.probability_pct,
        "expected_close_on": as_json(deal.expected_close_on),
        "next_step": deal.next_step,
    }


_FROM_ROWS: Mapping[str, Callable[[Customer], Any]] = {
    "contacts": _contacts,
    "deals": _deals,
    # Sums mean nothing without their currency.
    "annual_revenue": lambda customer: _money(customer.annual_revenue, customer),
    "credit_limit": lambda customer: _money(customer.credit_limit, customer),
}


def _money(amount: Decimal | None, customer: Customer) -> dict[str, Any] | None:
    return None if amount is None else {"amount": as_json(amount), "currency": customer.currency}
